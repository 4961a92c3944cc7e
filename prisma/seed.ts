/**
 * Fills the database with the shop's products and one account. It may run any number of times: products come back to
 * the state written here (shelves are restocked), the account keeps its hash while the password is the same.
 *
 *   DATABASE_URL=postgresql://... node prisma/seed.ts
 */
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '@prisma/client';
import { demoEmail, demoPassword } from './demo-user.ts';
import { hashPassword, verifyPassword } from './password-hash.ts';
import { products } from './products.ts';

async function seed(client: PrismaClient, password: string): Promise<void> {
  await client.$transaction(
    products.map(({ id, ...rest }) => client.product.upsert({ where: { id }, create: { id, ...rest }, update: rest })),
  );
  const user = await client.user.findUnique({ where: { email: demoEmail } });
  if (user && (await verifyPassword(password, user.passwordHash))) return;
  const passwordHash = await hashPassword(password);
  const where = { email: demoEmail };
  await client.user.upsert({ where, create: { email: demoEmail, passwordHash }, update: { passwordHash } });
}

const connectionString = process.env['DATABASE_URL'];
if (connectionString) {
  const client = new PrismaClient({ adapter: new PrismaPg({ connectionString }) });
  try {
    await seed(client, demoPassword(join(import.meta.dirname, '..')));
    process.stdout.write(`${products.length} products and the account ${demoEmail} are in place.\n`);
  } finally {
    await client.$disconnect();
  }
} else {
  process.stderr.write('DATABASE_URL is not set: give the address of the database to seed.\n');
  process.exitCode = 1;
}
