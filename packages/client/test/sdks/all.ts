import { mcp } from './mcp.ts';
import { octokit } from './octokit.ts';
import { openai } from './openai.ts';
import { openapiFetch } from './openapi-fetch.ts';
import type { Sdk } from './sdk.ts';
import { stripe } from './stripe.ts';
import { trpc } from './trpc.ts';

export const sdks: readonly Sdk[] = [openai, octokit, openapiFetch, stripe, mcp, trpc];
