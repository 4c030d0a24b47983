import type { ReadResult } from '../../types';
import {
  Adapter,
  type DomFindings,
  type ObservedRequest,
  type PageAddress,
  type PageRoot,
  type ReadContext,
} from '../_adapter';
import { classifyPage, classifyRequest, conversationUrl } from './addresses';
import { readBodies } from './bodies';
import { findInDom } from './dom';
import { readEmbedded } from './share';

/** chatgpt.com (and chat.openai.com before it). What is known of the site is in docs/platforms.md. */
export class ChatGptAdapter extends Adapter {
  readonly site = 'chatgpt' as const;

  classifyPage(url: string): PageAddress | null {
    return classifyPage(url);
  }

  classifyRequest(url: string, method: string): ObservedRequest | null {
    return classifyRequest(url, method);
  }

  readJson(body: unknown, context: ReadContext = {}): ReadResult {
    return readBodies(body, context);
  }

  readEmbedded(html: string, context: ReadContext = {}): ReadResult {
    return readEmbedded(html, context);
  }

  conversationUrl(id: string, share: boolean): string {
    return conversationUrl(id, share);
  }

  protected findInDom(root: PageRoot, url: string, context: ReadContext): DomFindings {
    return findInDom(root, url, context);
  }
}
