/** The look of the pages: one style sheet, no scripts, no fonts or pictures to fetch. */

/** Levels of indentation that are drawn; deeper rows keep the last one and carry their number. */
export const DRAWN_DEPTH_LIMIT = 12;

/** Colours for services, by the order in which a trace meets them; told apart also by people who confuse red and green. */
export const SERVICE_HUES = 6;

const depths = Array.from(
  { length: DRAWN_DEPTH_LIMIT + 1 },
  (_, depth) => `.d${depth}{--indent:calc(var(--step)*${depth})}`,
).join('\n');

/** Served as `/style.css`. */
export const STYLE_SHEET = `
:root {
  color-scheme: light dark; --step: 14px;
  --page: #fbfbfa; --panel: #ffffff; --sunken: #f4f4f2; --line: #e4e4e0; --guide: #d9d9d4;
  --ink: #1c1d1f; --soft: #5f6368; --accent: #0b57b8; --hover: #f1f5fb;
  --error: #b3261e; --error-soft: #fbe9e7;
  --s0: #3f7fc4; --s1: #c9762b; --s2: #2b9a86; --s3: #a4599f; --s4: #8a8428; --s5: #6d7580;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181b; --panel: #1c1f23; --sunken: #212529; --line: #2e3338; --guide: #3a4046;
    --ink: #e4e6e8; --soft: #9aa1a9; --accent: #82b4f5; --hover: #232930;
    --error: #ff9a8f; --error-soft: #3a2321;
    --s0: #6ea6e4; --s1: #e09a55; --s2: #57bfab; --s3: #c98bc5; --s4: #bdb655; --s5: #98a1ac;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 13px/20px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 3px; }
code, pre, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 12px; }
.soft { color: var(--soft); }
.num { text-align: right; white-space: nowrap; }
.error { color: var(--error); }

.bar-top {
  display: flex; align-items: baseline; gap: 4px 20px; flex-wrap: wrap;
  padding: 10px 24px; border-bottom: 1px solid var(--line); background: var(--panel);
}
.bar-top .brand { font-weight: 600; color: var(--ink); letter-spacing: -.01em; }
.bar-top .end { margin-left: auto; }
main { padding: 20px 24px 48px; max-width: 1680px; margin: 0 auto; }
h1 { font-size: 18px; line-height: 24px; font-weight: 600; margin: 0; overflow-wrap: anywhere; letter-spacing: -.01em; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 8px 0 20px; padding: 0; list-style: none; color: var(--soft); }
.facts b { color: var(--ink); font-weight: 500; }
.facts b.error { color: var(--error); }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.note { margin: 0 0 16px; padding: 8px 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--sunken); }

/* list of traces */
table.traces { width: 100%; border-collapse: collapse; table-layout: fixed; }
.traces th {
  font-weight: 500; color: var(--soft); font-size: 12px; text-align: left;
  padding: 7px 12px; background: var(--sunken); border-bottom: 1px solid var(--line); white-space: nowrap;
}
.traces th.num { text-align: right; }
.traces td { padding: 7px 12px; border-bottom: 1px solid var(--line); vertical-align: middle; }
.traces tr:last-child td { border-bottom: 0; }
.traces tbody tr:hover td { background: var(--hover); }
.traces .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.traces .name a { color: var(--ink); font-weight: 500; }
.traces .service { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--soft); }
.traces col.c-service { width: 20%; } .traces col.c-count { width: 96px; } .traces col.c-length { width: 248px; }
.traces col.c-time { width: 216px; }
.length { display: flex; align-items: center; gap: 12px; }
.length svg { flex: 1; height: 6px; min-width: 0; } .length .num { width: 88px; }
.track { fill: var(--line); } .fill { fill: var(--s0); } .fill.bad { fill: var(--error); }

/* empty page */
.empty { max-width: 640px; margin: 72px auto; }
.empty h1 { margin-bottom: 8px; }
.empty pre { margin: 16px 0; padding: 12px 16px; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }

/* waterfall */
.row > summary, .axis {
  display: grid; grid-template-columns: minmax(280px, 42%) minmax(0, 1fr) 88px; align-items: center; column-gap: 12px;
  padding: 0 12px; min-height: 28px;
}
.axis { background: var(--sunken); border-bottom: 1px solid var(--line); color: var(--soft); font-size: 12px; }
.axis .ticks { display: flex; justify-content: space-between; white-space: nowrap; }
.row { border-bottom: 1px solid var(--line); }
.row:last-child { border-bottom: 0; }
.row > summary { cursor: pointer; list-style: none; }
.row > summary::-webkit-details-marker { display: none; }
.row > summary:hover { background: var(--hover); }
.row[open] > summary { background: var(--sunken); }
.label {
  display: flex; align-items: center; gap: 8px; min-width: 0; align-self: stretch; padding-left: var(--indent, 0); overflow: hidden;
  background: repeating-linear-gradient(90deg, var(--guide) 0 1px, transparent 1px var(--step)) 5px 0 / var(--indent, 0) 100% no-repeat;
}
.label::before { content: ""; flex: none; width: 10px; height: 10px; border-radius: 3px; background: var(--hue, var(--s5)); }
.label .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 0 1 auto; }
.label .service { color: var(--soft); white-space: nowrap; flex: 0 100000 auto; overflow: hidden; text-overflow: ellipsis; }
.tag { flex: 0 100000 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; font-size: 11px; line-height: 16px; padding: 0 5px; border: 1px solid var(--line); border-radius: 3px; color: var(--soft); white-space: nowrap; }
.tag.kept, .tag.bad { flex: none; }
.tag.bad { color: var(--error); background: var(--error-soft); border-color: transparent; }
.row > summary > svg { width: 100%; height: 28px; display: block; }
.grid { stroke: var(--line); stroke-width: 1; }
.span { fill: var(--hue, var(--s5)); } .span.bad { fill: var(--error); }
${Array.from({ length: SERVICE_HUES }, (_, hue) => `.h${hue}{--hue:var(--s${hue})}`).join('\n')}
${depths}

/* one span */
.detail { padding: 12px 12px 16px 28px; border-top: 1px solid var(--line); background: var(--panel); display: grid; gap: 16px; }
.detail h2 { font-size: 12px; line-height: 16px; font-weight: 600; color: var(--soft); margin: 0 0 4px; }
.detail .message { margin: 0; padding: 6px 10px; border-radius: 4px; background: var(--error-soft); color: var(--error); white-space: pre-wrap; overflow-wrap: anywhere; }
table.pairs { border-collapse: collapse; width: 100%; table-layout: fixed; }
.pairs th { width: 272px; font-weight: 400; color: var(--soft); text-align: left; vertical-align: top; padding: 1px 12px 1px 0; overflow-wrap: anywhere; }
.pairs td { vertical-align: top; padding: 1px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.detail details > summary { color: var(--soft); font-size: 12px; font-weight: 600; cursor: pointer; }
.detail details > div { margin-top: 4px; }

@media (max-width: 760px) {
  :root { --step: 7px; }
  main { padding: 12px 12px 32px; } .bar-top { padding: 10px 12px; }
  .traces .c-service, .traces .service, .traces .c-time, .traces .time, .length svg { display: none; }
  .traces col.c-length { width: 104px; } .traces col.c-count { width: 64px; }
  .row > summary { grid-template-columns: minmax(0, 1fr) 80px; row-gap: 0; padding-block: 4px; }
  .row > summary > svg { grid-column: 1 / -1; grid-row: 2; height: 14px; }
  .axis { grid-template-columns: minmax(0, 1fr); } .axis .ticks + .num, .axis > :first-child { display: none; }
  .detail { padding-left: 12px; } .pairs th { width: 40%; }
}
`.trimStart();
