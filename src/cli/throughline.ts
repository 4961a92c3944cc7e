#!/usr/bin/env node
/** The file behind the name `throughline` in a package's `bin`. */
import { runCommand } from './main.ts';

process.exitCode = await runCommand(process.argv.slice(2), process.stdout, process.stderr);
