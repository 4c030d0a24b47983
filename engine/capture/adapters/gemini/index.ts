import type { ReadResult } from '../../types';
import { Adapter, type DomFindings, type PageAddress, type PageRoot, type ReadContext } from '../_adapter';
import type { AskSite, HistoryPage, SiteHistory } from '../_history';
import { classifyPage, conversationUrl } from './addresses';
import { readBodies } from './bodies';
import { findInDom } from './dom';
import { parseBody } from './envelope';
import { openHistory } from './history';
import { GeminiHolding } from './holding';
import { readActivityPage } from './takeout';
import { geminiWire } from './wire';

/** gemini.google.com (bard.google.com before it). What is known of the site is in docs/platforms.md. */
export class GeminiAdapter extends Adapter {
  readonly site = 'gemini' as const;
  readonly wire = geminiWire;
  readonly signs =
    /gemini\.google\.com|bard\.google\.com|BardVeMetadataKey|BardChatUi|boq_assistant-bard|Gemini Apps|"wrb\.fr"|<(?:user-query|model-response|message-content|infinite-scroller|response-element|code-block|bard-[a-z]+)[\s>]|"(?:rc?|c)_[0-9a-f]{12,}|"role"\s*:\s*"model"|"author"\s*:\s*"Model"|_ngcontent-ng-|data-test-id="conversation"/gi;

  classifyPage(url: string): PageAddress | null {
    return classifyPage(url);
  }

  override parseBody(text: string): unknown {
    return parseBody(text);
  }

  override hold(conversationId: string): GeminiHolding {
    return new GeminiHolding(conversationId);
  }

  openHistory(page: HistoryPage, ask: AskSite): SiteHistory {
    return openHistory(page, ask);
  }

  readJson(body: unknown, context: ReadContext = {}): ReadResult {
    return readBodies(body, context);
  }

  /** The site's pages carry no conversation; Takeout's page of activity does. */
  readEmbedded(html: string, context: ReadContext = {}): ReadResult {
    return readActivityPage(html, context);
  }

  conversationUrl(id: string, share: boolean): string {
    return conversationUrl(id, share);
  }

  protected findInDom(root: PageRoot, url: string, context: ReadContext): DomFindings {
    return findInDom(root, url, context);
  }
}
