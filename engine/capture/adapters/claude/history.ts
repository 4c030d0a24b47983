/**
 * All conversations of the account that is signed in, in the organisation it works in: the list in parts, newest
 * first, then the archived ones; and each whole, with every branch.
 */
import { EngineError } from '../../../errors';
import { asArray, asId, asObject, asText, asTime, isObject, tryParse, type JsonObject } from '../../json';
import type { CapturedConversation } from '../../types';
import type { Adapter } from '../_adapter';
import type { AskSite, HistoryPage, HistoryPageOfList, ListedConversation, SiteHistory } from '../_history';
import { detailUrl, listUrl, organisationIn, ORGANISATIONS_URL, projectsUrl } from './addresses';

/** Conversations asked for at once. */
const PART = 50;
const HEADERS = { accept: 'application/json' };

/** Where a listing is. In a string, so that it survives a restart; the organisation is pinned in it. */
interface Cursor {
  organisation: string;
  version: 1 | 2;
  archived: boolean;
  offset: number;
  /** The first conversation of the whole list: when it comes first again, the site took no notice of what was asked. */
  first: string | null;
}

/** @see Adapter.openHistory */
export function openHistory(page: HistoryPage, ask: AskSite, adapter: Adapter): SiteHistory {
  let organisation: Promise<string> | null = null;
  let organisations: Promise<string[]> | null = null;
  let projects: Promise<Map<string, string>> | null = null;

  const get = async (url: string): Promise<unknown> => {
    const text = await ask({ url, method: 'GET', headers: HEADERS });
    const parsed = tryParse(text);
    if ('error' in parsed)
      throw new EngineError('bad_input', `claude.ai answered ${url} with something that is not JSON: ${parsed.error}`);
    return parsed.value;
  };

  /** Those in which the account can chat, the ones for the API alone left out. */
  const allOrganisations = (): Promise<string[]> =>
    (organisations ??= get(ORGANISATIONS_URL)
      .then((body) => {
        const list = asArray(Array.isArray(body) ? body : asObject(body)['data'])
          .filter(isObject)
          .flatMap((each) => {
            const uuid = asText(each['uuid']);
            return uuid === null ? [] : [{ uuid, capabilities: asArray(each['capabilities']) }];
          });
        const chat = list.filter((each) => each.capabilities.includes('chat'));
        return (chat.length > 0 ? chat : list.filter((each) => each.capabilities.length === 0)).map(
          (each) => each.uuid,
        );
      })
      .catch((error: unknown) => {
        organisations = null;
        throw error;
      }));

  const first = async (): Promise<string> => {
    const cookie = page.cookie('lastActiveOrg');
    const said = /[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}/.exec(cookie ?? '')?.[0] ?? organisationIn(page.url);
    if (said !== null && said !== undefined) return said;
    const [found] = await allOrganisations();
    if (found === undefined)
      throw new EngineError('not_signed_in', 'claude.ai names no organisation with chats for this account.');
    return found;
  };

  /** A failure is not remembered: the next call asks again. */
  const current = (): Promise<string> =>
    (organisation ??= first().catch((error: unknown) => {
      organisation = null;
      throw error;
    }));

  const projectNames = (id: string): Promise<Map<string, string>> =>
    (projects ??= get(projectsUrl(id)).then(
      (body) => {
        const names = new Map<string, string>();
        for (const each of asArray(Array.isArray(body) ? body : asObject(body)['data']).filter(isObject)) {
          const uuid = asText(each['uuid']);
          const name = asText(each['name']);
          if (uuid !== null && name !== null) names.set(uuid, name);
        }
        return names;
      },
      (error: unknown) => {
        // Names are a nicety; without them a project is shown by its id.
        if (error instanceof EngineError && (error.code === 'bad_input' || error.code === 'not_found'))
          return new Map();
        projects = null;
        throw error;
      },
    ));

  const listed = async (record: unknown, cursor: Cursor): Promise<ListedConversation | null> => {
    const item = asObject(record);
    const id = asId(item['uuid']) ?? asId(item['id']);
    if (id === null || item['is_temporary'] === true) return null;
    const project = asObject(item['project']);
    const projectId = asText(item['project_uuid']) ?? asText(project['uuid']);
    const archived = item['is_archived'] ?? item['archived'];
    return {
      id,
      title: asText(item['name']) ?? asText(item['title']),
      updated_at: asTime(item['updated_at']),
      archived: typeof archived === 'boolean' ? archived : cursor.archived,
      starred: item['is_starred'] === true,
      project:
        projectId === null
          ? null
          : (asText(project['name']) ?? (await projectNames(cursor.organisation)).get(projectId) ?? projectId),
    };
  };

  const part = async (cursor: Cursor): Promise<{ records: unknown[]; more: boolean; cursor: Cursor }> => {
    let body: unknown;
    try {
      body = await get(listUrl(cursor.organisation, { ...cursor, limit: PART }));
    } catch (error) {
      const gone = error instanceof EngineError && (error.code === 'not_found' || error.code === 'bad_input');
      if (!gone || cursor.version === 1 || cursor.offset > 0 || cursor.archived) throw error;
      return part({ ...cursor, version: 1 });
    }
    const envelope = asObject(body);
    const records = Array.isArray(body)
      ? body
      : ([envelope['data'], envelope['conversations'], envelope['items']].find(Array.isArray) ?? null);
    if (records === null)
      throw new EngineError('bad_input', 'claude.ai answered the list of conversations in a shape that is not known.');
    const more =
      typeof envelope['has_more'] === 'boolean' ? envelope['has_more'] && records.length > 0 : records.length === PART;
    return { records, more, cursor };
  };

  const list = async (given: string | null): Promise<HistoryPageOfList> => {
    const start =
      readCursor(given) ??
      ({ organisation: await current(), version: 2, archived: false, offset: 0, first: null } satisfies Cursor);
    organisation = Promise.resolve(start.organisation);
    let answer: Awaited<ReturnType<typeof part>>;
    try {
      answer = await part(start);
    } catch (error) {
      if (start.archived && error instanceof EngineError && (error.code === 'bad_input' || error.code === 'not_found'))
        return { conversations: [], next: null }; // a site that knows no archive
      // The cookie may name an organisation that is for the API alone, or that the account has left.
      if (given !== null || !(error instanceof EngineError) || error.code !== 'not_signed_in') throw error;
      const other = (await allOrganisations()).find((each) => each !== start.organisation);
      if (other === undefined) throw error;
      organisation = Promise.resolve(other);
      answer = await part({ ...start, organisation: other });
    }
    const { records, more, cursor } = answer;
    const opening = asId(asObject(records[0])['uuid']);
    const again = (cursor.offset > 0 || cursor.archived) && opening !== null && opening === cursor.first;
    if (again) return { conversations: [], next: nextList(cursor) };
    const conversations: ListedConversation[] = [];
    for (const record of records) {
      const each = await listed(record, cursor);
      if (each !== null) conversations.push(each);
    }
    const from = cursor.offset === 0 ? opening : cursor.first;
    return {
      conversations,
      next: more
        ? JSON.stringify({ ...cursor, offset: cursor.offset + records.length, first: from } satisfies Cursor)
        : nextList({ ...cursor, first: from }),
      next_list: nextList({ ...cursor, first: from }),
    };
  };

  const read = async (id: string): Promise<CapturedConversation> => {
    const at = await current();
    let url = detailUrl(at, id);
    let body: unknown;
    try {
      body = await get(url);
    } catch (error) {
      if (!(error instanceof EngineError) || (error.code !== 'not_found' && error.code !== 'not_signed_in'))
        throw error;
      // The user may have gone over to another organisation since the list was made.
      const others = (await allOrganisations()).filter((each) => each !== at);
      body = undefined;
      for (const other of others) {
        url = detailUrl(other, id);
        body = await get(url).catch((failure: unknown) => {
          if (failure instanceof EngineError && (failure.code === 'not_found' || failure.code === 'not_signed_in'))
            return undefined;
          throw failure;
        });
        if (body !== undefined) break;
      }
      if (body === undefined) throw error;
    }
    const { conversations, warnings } = adapter.readJson(body, { url });
    const found = conversations.find((conversation) => conversation.id === id);
    if (found !== undefined) return found;
    const empty = asObject(body);
    if (asId(empty['uuid']) === id && Array.isArray(empty['chat_messages']))
      return emptyConversation(id, empty, adapter);
    throw new EngineError(
      'bad_input',
      `claude.ai's answer for the conversation ${id} cannot be read.${warnings[0] === undefined ? '' : ` ${warnings[0].message}`}`,
    );
  };

  return { list, read };
}

/** After the list the archived ones, which are in a list of their own. */
function nextList(cursor: Cursor): string | null {
  return cursor.archived || cursor.version === 1
    ? null
    : JSON.stringify({ ...cursor, archived: true, offset: 0 } satisfies Cursor);
}

function readCursor(text: string | null): Cursor | null {
  if (text === null) return null;
  const parsed = tryParse(text);
  const said = 'value' in parsed ? asObject(parsed.value) : {};
  const organisation = asText(said['organisation']);
  const offset = said['offset'];
  if (organisation === null || typeof offset !== 'number') return null;
  return {
    organisation,
    version: said['version'] === 1 ? 1 : 2,
    archived: said['archived'] === true,
    offset,
    first: asText(said['first']),
  };
}

/** A conversation in which nothing was said is there, and whole. */
function emptyConversation(id: string, body: JsonObject, adapter: Adapter): CapturedConversation {
  return {
    kind: 'conversation',
    site: 'claude',
    id,
    url: adapter.conversationUrl(id, false),
    title: asText(body['name']),
    created_at: asTime(body['created_at']),
    updated_at: asTime(body['updated_at']),
    captured_at: new Date().toISOString(),
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages: [],
    metadata: {},
  };
}
