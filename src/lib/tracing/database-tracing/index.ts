/** Databases: statements, transactions, Prisma. */
export { tracePrismaClient, tracePrismaOperation } from './prisma.ts';
export { traceDatabaseQuery, type QueryDetails } from './query.ts';
export { traceDatabaseTransaction, type TransactionDetails } from './transaction.ts';
