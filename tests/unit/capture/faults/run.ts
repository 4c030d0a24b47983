/**
 * A site, one or two of its tabs, and what we make of them: adapter, live conversation, engine and store as they are.
 * Faults are done to it step by step; after each one what is stored is held against what the site has.
 */
import type { Engine } from '../../../../engine/api';
import { type CapturedConversation, liveConversation, type LiveEvent, type LiveView } from '../../../../engine/capture';
import type { Store } from '../../../../engine/store';
import { parseHtml } from '../../../../scripts/cli-read';
import { type Body, type FaultSite, type Said, say, shown, type Talk, write } from './talk';

export interface Stored {
  external_id: string;
  role: string;
  markdown: string;
  finished: boolean;
  on_active_branch: boolean;
}

interface Writing {
  key: string;
  whole: string;
  tab: number | null;
  id: string;
  url: string;
  pieces: string[];
  reader: ReturnType<FaultSite['adapter']['wire']['readStream']>;
}

interface Tab {
  live: ReturnType<typeof liveConversation>;
  /** What the page draws. */
  view: Talk;
  /** The page says that an answer is being written. */
  marked: boolean;
  here: boolean;
  /** The state of the site that it was loaded with, as an index of `history`. */
  since: number;
  skew: number;
}

export interface Setting {
  /** The site's JSON can be read. */
  json: boolean;
  /** Milliseconds by which each tab's clock is off, and seconds by which the site's is. */
  skews: number[];
  siteSkew: number;
  turns: number;
}

let runs = 0;
/** Now: what was not written on for a day is taken for settled. */
const T0 = Math.floor(Date.now() / 1_000) * 1_000;
const WORDS = ['apple', 'barley', 'cedar', 'dill', 'elder', 'fennel', 'garlic', 'hazel', 'iris', 'juniper'];

export class Run {
  readonly log: string[] = [];
  private readonly id = `a5eed${(runs++).toString(16).padStart(11, '0')}`;
  private site: Talk;
  private readonly history: Talk[] = [];
  /** When the site came to each state of `history`. */
  private readonly changedAt: number[] = [];
  private readonly tabs: Tab[] = [];
  private writing: Writing | null = null;
  private clock = T0;
  private made = 0;
  private seen = new Set<string>();
  /** Every text that a message had when the site was done with it. */
  private readonly finals = new Set<string>();

  constructor(
    private readonly faults: FaultSite,
    private readonly engine: Engine,
    private readonly store: Store,
    readonly setting: Setting,
  ) {
    this.site = { id: this.id, title: 'Herbs', said: [], head: null, updated: this.siteTime };
    for (let turn = 0; turn < setting.turns; turn++) {
      this.tick(30);
      const question = this.message('user', this.site.head, 4);
      this.change(say(this.site, question));
      this.change(say(this.site, this.message('assistant', question.key, 9)));
    }
  }

  private get siteTime(): number {
    return Math.floor(this.clock / 1_000) + this.setting.siteSkew;
  }

  tick(seconds: number): void {
    this.clock += seconds * 1_000;
  }

  private change(site: Talk): void {
    this.site = site;
    this.history.push(site);
    this.changedAt.push(this.clock);
    for (const each of site.said) if (each.done) this.finals.add(each.text);
  }

  private message(role: Said['role'], parent: string | null, words: number, same = false): Omit<Said, 'number'> {
    const key = `${role === 'user' ? 'Q' : 'A'}${String(++this.made).padStart(3, '0')}`;
    const text = Array.from({ length: words }, (_, n) => WORDS[(n * 7 + this.made) % WORDS.length]);
    if (words > 6 && role === 'assistant') text.splice(5, 0, '\n\n');
    const said = same ? 'Go on.' : `${key} ${text.join(' ').replace(/ \n\n /g, '.\n\n')}.`;
    return { key, role, parent, text: said, done: true, time: this.siteTime };
  }

  // --- tabs

  async open(index: number): Promise<void> {
    await this.mayLeave();
    const skew = this.setting.skews[index] ?? 0;
    const tab: Tab = {
      live: liveConversation(this.faults.adapter, { now: () => this.clock + skew }),
      view: this.site,
      marked: false,
      here: true,
      since: this.history.length - 1,
      skew,
    };
    this.tabs[index] = tab;
    if (this.writing?.tab === index) this.writing.tab = null;
    await this.arrive(index);
  }

  /** A page that marks nothing shows a half like any other answer when it is loaded: nothing could tell. */
  private async mayLeave(): Promise<void> {
    if (!this.faults.marks) await this.end('whole');
  }

  private async arrive(index: number): Promise<void> {
    await this.mayLeave();
    const tab = this.tab(index);
    tab.here = true;
    tab.view = this.site;
    tab.since = Math.max(0, this.history.length - 1);
    tab.marked = this.writing !== null;
    await this.observe(index, { type: 'navigated', url: this.faults.pageUrl(this.id) });
  }

  async leave(index: number): Promise<void> {
    this.tab(index).here = false;
    await this.observe(index, { type: 'navigated', url: this.faults.elsewhere });
  }

  /** The address is another conversation's, the page still this one's. */
  async leaveLate(index: number): Promise<void> {
    const tab = this.tab(index);
    const url = this.faults.pageUrl(this.id.replace(/^a/, 'b'));
    // What was never seen under its own address cannot be known again under another.
    if (tab.here) await this.lookAt(index, this.faults.pageUrl(this.id), 0, 99, tab.marked);
    tab.here = false;
    await this.observe(index, { type: 'navigated', url });
    if (this.faults.namesMessages) await this.lookAt(index, url, 0, 99, tab.marked);
  }

  async back(index: number): Promise<void> {
    if (!this.tab(index).here) await this.arrive(index);
  }

  private tab(index: number): Tab {
    const tab = this.tabs[index % this.tabs.length];
    if (tab === undefined) throw new Error('no such tab');
    return tab;
  }

  // --- what a person does

  async ask(index: number, words: number, same: boolean, at: 'end' | number = 'end'): Promise<void> {
    const tab = this.tab(index);
    if (this.writing !== null || !tab.here) return;
    const branch = shown(tab.view);
    const questions = branch.filter((each) => each.role === 'user');
    const replaced = at === 'end' ? undefined : questions[this.faults.edits === 'last' ? questions.length - 1 : at];
    const parent = replaced === undefined ? tab.view.head : replaced.parent;
    const question = this.message('user', parent, words, same && replaced === undefined);
    this.change(say(this.site, question));
    await this.answer(index, question.key, words);
  }

  async regenerate(index: number): Promise<void> {
    const tab = this.tab(index);
    const question = shown(tab.view).findLast((each) => each.role === 'user');
    if (this.writing !== null || !tab.here || question === undefined) return;
    await this.answer(index, question.key, 8);
    // A late body of before cannot be told from one of after: it is one turn, and nothing in it says which. It is read
    // again when the answer's stream is over.
    if (this.faults.edits === 'last') for (const each of this.tabs) each.since = this.history.length - 1;
  }

  private async answer(index: number, question: string, words: number): Promise<void> {
    const tab = this.tab(index);
    const whole = this.message('assistant', question, words + 5);
    this.change(say(this.site, { ...whole, text: '', done: false }));
    const answer = this.site.said.at(-1);
    if (answer === undefined) return;
    tab.view = this.site;
    tab.marked = true;
    const { url, sent, pieces } = this.faults.stream(this.site, { ...answer, text: whole.text, done: true });
    const reader = this.faults.adapter.wire.readStream(sent);
    this.writing = {
      key: answer.key,
      whole: whole.text,
      tab: index,
      id: `${this.id}-${answer.key}`,
      url,
      pieces,
      reader,
    };
    await this.news(this.writing, { conversationId: null, ended: false, temporary: false });
    // The page is read when the question has been drawn.
    await this.look(index, Math.max(0, shown(this.site).length - 4), 4, true);
  }

  private async news(writing: Writing, news: ReturnType<Writing['reader']['push']>): Promise<void> {
    if (writing.tab === null) return;
    const { conversationId } = this.faults.adapter.classifyRequest(writing.url, 'POST') ?? { conversationId: null };
    await this.observe(writing.tab, {
      type: 'stream',
      streamId: writing.id,
      news: { ...news, conversationId: news.conversationId ?? conversationId },
    });
  }

  /** The site writes on; the stream's last piece is kept for its end. */
  async progress(): Promise<void> {
    const { writing } = this;
    if (writing === null) return;
    const written = this.site.said.find((each) => each.key === writing.key)?.text.length ?? 0;
    const text = writing.whole.slice(0, Math.min(writing.whole.length - 3, written + 14)).trimEnd();
    this.change(write(this.site, writing.key, text, false, this.siteTime));
    this.followed(writing);
    const piece = writing.pieces.length > 1 ? writing.pieces.shift() : undefined;
    if (piece !== undefined) await this.news(writing, writing.reader.push(piece));
  }

  private followed(writing: Writing): void {
    if (writing.tab === null) return;
    const tab = this.tab(writing.tab);
    if (tab.view.head === writing.key) tab.view = this.site;
  }

  /** `cut`: the connection breaks, the site writes its answer all the same. `stopped`: the person has it stop. */
  async end(how: 'whole' | 'cut' | 'stopped'): Promise<void> {
    const { writing } = this;
    if (writing === null) return;
    if (how === 'stopped') await this.progress();
    const half = this.site.said.find((each) => each.key === writing.key)?.text ?? '';
    const text = how === 'stopped' ? half : writing.whole;
    this.change(write(this.site, writing.key, text, true, this.siteTime));
    this.writing = null;
    if (how !== 'cut') this.followed(writing);
    if (writing.tab !== null) this.tab(writing.tab).marked = false;
    if (how === 'whole') for (const piece of writing.pieces) await this.news(writing, writing.reader.push(piece));
    await this.news(writing, { ...writing.reader.close(), ended: true });
  }

  // --- what is seen of it

  async look(index: number, from: number, length: number, mark: boolean): Promise<void> {
    const tab = this.tab(index);
    if (!tab.here) return;
    const start = from % Math.max(1, shown(tab.view).length);
    // Its own stream says enough; elsewhere the mark is all there is.
    const own = this.writing?.tab === index % this.tabs.length;
    await this.lookAt(index, this.faults.pageUrl(this.id), start, start + length, tab.marked && (mark || !own));
  }

  private async lookAt(index: number, url: string, from: number, to: number, streaming: boolean): Promise<void> {
    const tab = this.tab(index);
    const document = parseHtml(this.faults.page(tab.view, from, to, streaming));
    const capturedAt = new Date(this.clock + tab.skew).toISOString();
    await this.observe(index, { type: 'dom', url, result: this.faults.adapter.readDom(document, url, { capturedAt }) });
  }

  /** A response for a state that the site has had since the tab was loaded, whole or some pages of it. */
  async body(index: number, age: number, order: number, cut: boolean): Promise<void> {
    if (!this.setting.json) return;
    const tab = this.tab(index);
    const states = this.history.length - tab.since;
    const which = this.history.length - 1 - (age % states);
    const state = this.history[which];
    if (state === undefined || state.said.length === 0) return;
    const bodies = this.faults.bodies(state);
    // The latest that it can have been asked for, to be answered with this state.
    const askedAt = (this.changedAt[which + 1] ?? this.clock + 1) - 1;
    const first = order % bodies.length;
    const chosen =
      order % 3 === 0 ? bodies : [...bodies.slice(first), ...bodies.slice(0, first)].slice(0, 1 + (order % 2));
    for (const each of chosen)
      await this.give(index, cut ? { ...each, text: each.text.slice(0, each.text.length / 2) } : each, askedAt);
  }

  async give(index: number, { url, method, sent, text }: Body, askedAt = this.clock): Promise<LiveView | null> {
    let body: unknown;
    try {
      body = this.faults.adapter.parseBody(text);
    } catch {
      return null; // as the reader does: what is no JSON is left
    }
    const before = this.faults.adapter.wire.classifyRequest(url, method, sent)?.before ?? null;
    const asked = askedAt + this.tab(index).skew;
    return this.observe(index, { type: 'body', url, method, body, before, askedAt: asked });
  }

  /** What was asked for is read from the site, or that fails. */
  async complete(index: number, fails: boolean): Promise<void> {
    const { wanted } = this.tab(index).live.view();
    if (wanted === null || wanted.conversationId !== this.id || wanted.notBefore > this.clock + this.tab(index).skew)
      return;
    if (fails || !this.setting.json)
      await this.observe(index, { type: 'failed', conversationId: this.id, retryAfterMs: null });
    else for (const each of this.faults.bodies(this.site)) await this.give(index, each);
  }

  /** The tab is opened once more, or come back to, when all is quiet: what a person sees is what is stored. */
  async settle(index: number, anew: boolean): Promise<void> {
    this.tick(60);
    await this.end('whole');
    this.tick(60);
    if (anew) await this.open(index);
    else {
      await this.leave(index);
      await this.arrive(index);
    }
    this.tab(index).marked = false;
    if (this.setting.json) for (const each of this.faults.bodies(this.site)) await this.give(index, each);
    const { length } = shown(this.site);
    for (let to = length; to > 0; to -= 4)
      await this.lookAt(index, this.faults.pageUrl(this.id), Math.max(0, to - 6), to, false);
    // A last body: the page reads its conversation again when it is come back to.
    if (this.setting.json) for (const each of this.faults.bodies(this.site)) await this.give(index, each);
  }

  // --- what became of it

  private async observe(index: number, event: LiveEvent): Promise<LiveView> {
    const view = this.tab(index).live.observe(event);
    const at = this.log.push(`tab ${index % this.tabs.length} ${describe(event)} (${view.changed.length})`);
    for (const capture of view.changed) {
      await this.engine.ingest([capture]);
      await this.check(capture, at, this.tab(index).view);
    }
    return view;
  }

  private async check(capture: CapturedConversation, at: number, view: Talk): Promise<void> {
    const where = (): string => `\nafter ${this.log.slice(0, at).join('\n  ')}\n${JSON.stringify(brief(capture))}`;
    if (capture.id !== this.id) throw new Error(`words of one conversation are stored as another's${where()}`);
    const rows = await this.stored();
    const half = rows.find((row) => row.finished && !this.finals.has(row.markdown));
    if (half !== undefined) throw new Error(`a half is stored as final: "${half.markdown}"${where()}`);
    const keys = rows.filter((row) => row.on_active_branch).map((row) => row.markdown.slice(0, 4));
    const named = keys.filter((key) => /^[QA]\d{3}$/.test(key));
    const twice = named.find((key, index) => named.indexOf(key) !== index);
    if (twice !== undefined) throw new Error(`${twice} is shown twice: ${keys.join(' ')}${where()}`);
    const now = new Set(keys);
    // Two tabs may show two branches; then only what both show cannot be lost.
    const branch = shown(this.site).map((each) => each.key);
    const drawn = shown(view).map((each) => each.key);
    const parted = drawn.some((key, index) => index < branch.length && branch[index] !== key);
    for (const key of branch.filter((each) => !parted || drawn.includes(each)))
      if (this.seen.has(key) && !now.has(key))
        throw new Error(`${key} was shown and is lost: ${keys.join(' ')}${where()}`);
    this.seen = now;
  }

  stored(): Promise<Stored[]> {
    return this.store.query<Stored>(
      `select m.external_id, m.role, m.markdown, m.finished, m.on_active_branch
      from message m join document d on d.id = m.document_id where d.source = $1 and d.external_id = $2 order by m.position`,
      [this.faults.adapter.site, this.id],
    );
  }

  /** What the site shows, and what the engine gives to read. */
  async compare(): Promise<{ site: string[]; ours: string[]; complete: boolean; finished: boolean }> {
    const site = shown(this.site).map((each) => `${each.role}: ${each.text}`);
    const found = await this.engine.find({ source: this.faults.adapter.site, external_id: this.id });
    if (found === null) return { site, ours: [], complete: true, finished: true };
    const view = await this.engine.read(found.id);
    return {
      site,
      ours: view.messages.map((each) => `${each.role}: ${each.markdown}`),
      complete: view.complete,
      finished: view.messages.every((each) => each.finished),
    };
  }
}

function describe(event: LiveEvent): string {
  switch (event.type) {
    case 'navigated':
      return `goes to ${event.url}`;
    case 'body':
      return `hears ${event.method} ${event.url.replace(/^https:..[^/]*/, '')}: ${
        JSON.stringify(event.body)
          .match(/[QA]\d{3} /g)
          ?.join('') ?? ''
      }`;
    case 'dom':
      return `shows ${brief(event.result.conversations[0] ?? null).join(' | ')}${event.result.health.streaming ? ' …' : ''}`;
    case 'stream':
      return `streams ${JSON.stringify({ ...event.news, body: event.news.body !== undefined })}`;
    default:
      return event.type;
  }
}

function brief(capture: CapturedConversation | null): string[] {
  if (capture === null) return [];
  const messages = capture.messages.map(
    (each) =>
      `${each.on_active_branch ? '' : '-'}${each.markdown.slice(0, 24)}${each.finished ? '' : '…'} [${each.id}]`,
  );
  return [`${capture.strategy} ${capture.coverage} ${capture.captured_at} ${capture.updated_at ?? ''}`, ...messages];
}
