import { asArray, asObject, asText, asTime, type JsonObject } from '../../json';
import type { ReadResult } from '../../types';
import { Adapter, type DomFindings, type PageAddress, type PageRoot, type ReadContext } from '../_adapter';
import type { AskSite, HistoryPage, SiteHistory } from '../_history';
import { type Holding, SingleBodyHolding } from '../_holding';
import type { ObservedRequest } from '../_stream';
import { classifyPage, conversationUrl } from './addresses';
import { readBodies, readEmbedded } from './bodies';
import { findInDom } from './dom';
import { openHistory } from './history';
import { claudeWire } from './wire';

/** claude.ai. What is known of the site is in docs/platforms.md. */
export class ClaudeAdapter extends Adapter {
  readonly site = 'claude' as const;
  readonly wire = claudeWire;
  readonly signs =
    /claude\.ai|anthropic|font-claude|claude|chat_messages|"sender"\s*:\s*"(?:human|assistant)"|parent_message_uuid|\b(?:bg-bg|text-text|border-border)-\d{3}/gi;

  classifyPage(url: string): PageAddress | null {
    return classifyPage(url);
  }

  openHistory(page: HistoryPage, ask: AskSite): SiteHistory {
    return openHistory(page, ask, this);
  }

  override hold(conversationId: string): Holding {
    return new ClaudeHolding(this, conversationId);
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

/** The one body of a conversation that says most. */
class ClaudeHolding extends SingleBodyHolding {
  override add(request: ObservedRequest, body: unknown): 'newest' | 'ignored' {
    const said = asObject(body);
    // A temporary chat says so before anything was said in it.
    if (said['is_temporary'] === true && said['uuid'] === request.conversationId) {
      this.temporary = true;
      return 'ignored';
    }
    return this.isHalf(said) ? 'ignored' : super.add(request, body);
  }

  /** True for a body that was sent while the answer was written that we have whole: it came late. */
  private isHalf(said: JsonObject): boolean {
    const held = this.read('');
    const head = held?.messages.findLast((message) => message.on_active_branch);
    if (held === null || head?.role !== 'assistant' || !head.finished) return false;
    if ((asTime(said['updated_at']) ?? '') > (held.updated_at ?? '')) return false;
    const record = asArray(said['chat_messages']).findLast((each) => asObject(each)['uuid'] === head.id);
    return record !== undefined && asText(asObject(record)['stop_reason']) === null;
  }
}
