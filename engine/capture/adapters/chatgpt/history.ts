/**
 * All conversations of a ChatGPT account, read as the site's own page reads them: a token from the session, the lists
 * (four of them: archived or not, starred or not), the projects, and each conversation in whichever shape the site
 * answers with.
 */
import { EngineError } from '../../../errors';
import { asArray, asId, asObject, asText, asTime, isObject, type JsonObject } from '../../json';
import type { AskSite, HistoryPage, HistoryPageOfList, ListedConversation, SiteHistory } from '../_history';
import { classifyRequest } from './addresses';
import { ChatGptHolding } from './holding';

const ORIGIN = 'https://chatgpt.com';
/** The site refuses more than 100. */
const LIST_LIMIT = 50;
/** A hint to the site; long chats fail when much is asked for at once. */
const TURNS = 20;
/** Pages of one conversation: at 20 turns each more than anybody's. */
const MAX_PAGES = 2_000;

/** Where a listing stands. */
type Cursor =
  | { list: 'main'; partition: number; offset: number }
  | { list: 'projects'; cursor: string | null }
  | { list: 'project'; project: Project; cursor: string; then: Project[]; more: string | null };

interface Project {
  id: string;
  name: string | null;
}

const PARTITIONS = [
  { archived: false, starred: false },
  { archived: false, starred: true },
  { archived: true, starred: false },
  { archived: true, starred: true },
];

/** @see Adapter.openHistory */
export function openHistory(page: HistoryPage, ask: AskSite): SiteHistory {
  let token: Promise<string> | null = null;

  async function signIn(): Promise<string> {
    const session = parse(await ask({ url: `${ORIGIN}/api/auth/session`, method: 'GET' }), 'the session');
    const found = asText(session['accessToken']);
    if (found === null) throw new EngineError('not_signed_in', 'ChatGPT knows no signed-in user in this tab.');
    return found;
  }

  /** A failure is not remembered: the next request asks again. */
  function signInAnew(): Promise<string> {
    return signIn().catch((error: unknown) => {
      token = null;
      throw error;
    });
  }

  async function get(path: string): Promise<JsonObject> {
    token ??= signInAnew();
    const attempt = async () => {
      const account = page.cookie('_account');
      return ask({
        url: ORIGIN + path,
        method: 'GET',
        headers: {
          authorization: `Bearer ${await token}`,
          ...(account === null || account === 'personal' ? {} : { 'chatgpt-account-id': account }),
        },
      });
    };
    try {
      return parse(await attempt(), path);
    } catch (error) {
      if (EngineError.from(error).code !== 'not_signed_in') throw error;
      // Tokens end after some days in an open tab: the session gives another, or says that nobody is signed in.
      token = signInAnew();
      return parse(await attempt(), path);
    }
  }

  async function listMain({ partition, offset }: { partition: number; offset: number }): Promise<HistoryPageOfList> {
    const { archived, starred } = PARTITIONS[partition] ?? { archived: false, starred: false };
    const answer = await get(
      `/backend-api/conversations?offset=${offset}&limit=${LIST_LIMIT}&order=updated&is_archived=${archived}&is_starred=${starred}`,
    );
    const items = asArray(answer['items']);
    const conversations = items.flatMap((item) => listed(item, { archived, starred, project: null }));
    const total = answer['total'];
    const seen = offset + items.length;
    const more = items.length > 0 && (typeof total === 'number' ? seen < total : items.length >= LIST_LIMIT);
    const following: Cursor =
      partition + 1 < PARTITIONS.length
        ? { list: 'main', partition: partition + 1, offset: 0 }
        : { list: 'projects', cursor: null };
    return {
      conversations,
      next: write(more ? { list: 'main', partition, offset: seen } : following),
      next_list: write(following),
    };
  }

  async function listProjects(cursor: string | null): Promise<HistoryPageOfList> {
    let answer: JsonObject;
    try {
      answer = await get(
        `/backend-api/gizmos/snorlax/sidebar?conversations_per_gizmo=0${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
    } catch (error) {
      // Accounts without projects have no such list.
      if (EngineError.from(error).code === 'not_found') return { conversations: [], next: null };
      throw error;
    }
    const projects = asArray(answer['items']).flatMap(project);
    return { conversations: [], next: afterProject(projects, asText(answer['cursor'])) };
  }

  async function listProject(at: Extract<Cursor, { list: 'project' }>): Promise<HistoryPageOfList> {
    const answer = await get(
      `/backend-api/gizmos/${encodeURIComponent(at.project.id)}/conversations?cursor=${encodeURIComponent(at.cursor)}&limit=${LIST_LIMIT}`,
    );
    const items = asArray(answer['items']);
    const name = at.project.name ?? at.project.id;
    const conversations = items.flatMap((item) => listed(item, { archived: false, starred: false, project: name }));
    const next = asId(answer['cursor']);
    return {
      conversations,
      next: next !== null && items.length > 0 ? write({ ...at, cursor: next }) : afterProject(at.then, at.more),
    };
  }

  /** The next project, the next page of projects, or the end. */
  function afterProject(projects: Project[], more: string | null): string | null {
    const [first, ...then] = projects;
    if (first !== undefined) return write({ list: 'project', project: first, cursor: '0', then, more });
    return more === null ? null : write({ list: 'projects', cursor: more });
  }

  /** True once the site has answered in pages: it is then asked in no other way. */
  let inPages: boolean | null = null;

  async function read(id: string) {
    const holding = new ChatGptHolding(id);
    const take = async (path: string) => {
      const request = classifyRequest(ORIGIN + path, 'GET');
      const body = await get(path);
      return request === null ? 'ignored' : { body, taken: holding.add(request, body) };
    };
    const name = encodeURIComponent(id);
    const paged = `/backend-api/conversations/${name}?include_has_versions=true&num_turns=${TURNS}`;
    const tree = `/backend-api/conversation/${name}`;
    let first: Awaited<ReturnType<typeof take>>;
    try {
      first = await take(inPages === true ? paged : tree);
    } catch (error) {
      const { code } = EngineError.from(error);
      if (code !== 'not_found' && code !== 'bad_input') throw error;
      first = await take(inPages === true ? tree : paged);
    }
    let answer = first === 'ignored' ? {} : first.body;
    inPages = Array.isArray(answer['messages']);
    for (let pages = 0; holding.open && pages < MAX_PAGES; pages++) {
      const cursor = asId(asObject(answer['page_info'])['start_cursor']);
      if (cursor === null) break;
      const older = await take(
        `/backend-api/conversations/${name}/messages?before=${encodeURIComponent(cursor)}&include_has_versions=true&num_turns=${TURNS}`,
      );
      if (older === 'ignored') break;
      answer = older.body;
    }
    const conversation = holding.read(new Date().toISOString());
    if (holding.temporary || conversation === null)
      throw new EngineError('bad_input', `ChatGPT's answer for the conversation ${id} could not be read.`);
    return conversation;
  }

  return {
    async list(cursor) {
      const at: Cursor = cursor === null ? { list: 'main', partition: 0, offset: 0 } : (JSON.parse(cursor) as Cursor);
      if (at.list === 'main') return listMain(at);
      return at.list === 'projects' ? listProjects(at.cursor) : listProject(at);
    },
    read,
  };
}

function write(cursor: Cursor): string {
  return JSON.stringify(cursor);
}

function listed(
  item: unknown,
  from: { archived: boolean; starred: boolean; project: string | null },
): ListedConversation[] {
  const value = asObject(item);
  const id = asId(value['id']) ?? asId(value['conversation_id']);
  if (id === null || value['is_temporary_chat'] === true) return [];
  return [
    {
      id,
      title: asText(value['title']),
      updated_at: asTime(value['update_time']) ?? asTime(value['create_time']),
      archived: value['is_archived'] === true || from.archived,
      starred: value['is_starred'] === true || from.starred,
      project: from.project,
    },
  ];
}

/** A project stands in the sidebar as `{gizmo: {gizmo: {id, display: {name}}}}`; every layer may be missing. */
function project(item: unknown): Project[] {
  const outer = asObject(asObject(item)['gizmo'] ?? item);
  const inner = isObject(outer['gizmo']) ? outer['gizmo'] : outer;
  const id = asId(inner['id']);
  return id === null ? [] : [{ id, name: asText(asObject(inner['display'])['name']) ?? asText(inner['name']) }];
}

function parse(text: string, what: string): JsonObject {
  try {
    return asObject(JSON.parse(text) as unknown);
  } catch (error) {
    throw new EngineError('bad_input', `ChatGPT answered ${what} with something that is not JSON.`, { cause: error });
  }
}
