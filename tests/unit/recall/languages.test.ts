import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapturedConversation } from '../../../engine/capture/types';
import { ingest } from '../../../engine/ingest';
import { recall } from '../../../engine/recall';
import { openStore, type Store } from '../../../engine/store';
import { languageOf } from '../../../engine/words';

/** What was said, and what is asked: in other forms of its words, or a part of them. */
const TALK: Array<[language: string, said: string, asked: string[]]> = [
  ['en', 'The migrations of our database failed because the disks were full.', ['migration disk', 'databases']],
  ['de', 'Wir haben in den alten Häusern am See die Rezepte für den Apfelkuchen gefunden.', ['Haus', 'Welches Rezept war das?', 'apfelkuchen']],
  ['fr', "J'ai acheté les chevaux et nous avons mangé de l'eau glacée dans les montagnes.", ['cheval', 'montagne', 'quelle eau']],
  ['es', 'Las canciones que cantábamos en la playa son de mi abuela.', ['canción', 'cancion', '¿Qué canciones?']],
  ['pt', 'As receitas da minha avó são para os bolos de laranja.', ['receita', 'bolo']],
  ['it', 'Le ricette della nonna sono per i biscotti che facevamo a Natale.', ['ricetta', 'biscotto']],
  ['nl', 'De fietsen van mijn broer zijn in de schuur bij het huis.', ['fiets', 'schuren']],
  ['sv', 'Vi har målat båtarna och det var jag som köpte färgerna.', ['båt', 'färger']],
  ['fi', 'Minä olen ostanut kirjat, jotka ovat nyt talossa.', ['kirja', 'talo']],
  ['tr', 'Bu kitaplar çok eski ve evlerimizde daha fazla yer yok.', ['kitap', 'ev']],
  ['hu', 'Azt mondtam, hogy a receptek a házakban vannak, és nem a kertben.', ['ház', 'kert']],
  ['ru', 'Мы говорили о старых домах и о книгах, которые там были.', ['дом', 'книга']],
  ['uk', 'Ми говорили про рецепти та яблука, які були вдома.', ['рецепт']],
  ['el', 'Οι συνταγές της γιαγιάς είναι για το ψωμί και το τυρί.', ['συνταγή']],
  ['ar', 'كتبت عن المكتبات القديمة في المدينة.', ['المدينة', 'مدينة']],
  ['he', 'דיברנו על המתכון של סבתא לעוגת תפוחים.', ['המתכון', 'תפוחים']],
  ['hi', 'मैंने बाज़ार से नई किताबें खरीदीं और घर ले आया।', ['किताबें', 'घर']],
  ['zh', '我们上周讨论了数据库迁移的问题，因为磁盘已满。', ['数据库', '磁盘', '茶杯磁盘']],
  ['ja', '先週の会議で、新しい冷蔵庫と電子レンジを買うことに決めました。', ['冷蔵庫', '電子レンジ']],
  ['ko', '우리는 학교에서 새로운 도서관을 만들기로 했다.', ['학교', '도서관']],
  ['th', 'เราคุยกันเรื่องการย้ายฐานข้อมูลเพราะดิสก์เต็ม', ['ฐานข้อมูล', 'ดิสก์']],
]; // prettier-ignore

let store: Store;

beforeAll(async () => {
  store = await openStore({ storage: 'memory' });
  await ingest(
    store,
    TALK.map(([language, markdown]): CapturedConversation => ({
      kind: 'conversation',
      site: 'chatgpt',
      id: language,
      url: null,
      title: null,
      created_at: '2026-05-01T10:00:00.000Z',
      updated_at: '2026-05-01T10:00:00.000Z',
      captured_at: '2026-05-01T10:00:00.000Z',
      strategy: 'json-tree',
      coverage: 'all',
      complete: true,
      messages: [
        {
          id: language,
          parent_id: null,
          role: 'user',
          author: null,
          model: null,
          created_at: '2026-05-01T10:00:00.000Z',
          markdown,
          finished: true,
          on_active_branch: true,
          attachments: [],
          metadata: {},
        },
      ],
      metadata: {},
    })),
  );
}, 60_000);
afterAll(() => store.close());

describe('languages', () => {
  it.each(TALK.map(([language, said]) => [language, said]))('%s is known by its text', (language, said) => {
    expect(languageOf(said)).toBe(language);
  });

  it.each(TALK.flatMap(([language, , questions]) => questions.map((asked) => [language, asked] as const)))(
    'in %s, "%s" finds what says it in another form, and marks it',
    async (language, asked) => {
      const { hits } = await recall(store, null, { text: asked, literal: true });
      expect(hits.map((hit) => hit.message_external_id)[0]).toBe(language);
      expect(hits[0]?.highlights.length).toBeGreaterThan(0);
    },
  );

  it('marks a run of letters as one, not pair by pair', async () => {
    const { hits } = await recall(store, null, { text: '冷蔵庫' });
    expect(hits[0]?.highlights.map(([from, to]) => hits[0]?.passage.slice(from, to))).toEqual(['冷蔵庫']);
    expect(hits[0]?.reasons).toContainEqual({ kind: 'words', terms: ['冷蔵庫'] });
  });

  it('finds one letter where it is a word', async () => {
    const { hits } = await recall(store, null, { text: '满', mode: 'words' });
    expect(hits.map((hit) => hit.message_external_id)).toEqual(['zh']);
  });
});

describe('typing errors', () => {
  it.each([
    ['databse', 'database'],
    ['migratoin', 'migrations'],
    ['dissk full', 'disks'],
    ['fialedd', 'failed'],
    ['Apfelkucen', 'apfelkuchen'],
    ['cancoines', 'canciones'],
    ['chevuax', 'chevaux'],
    ['playya', 'playa'],
    ['кинга', 'книгах'],
  ])('%s is taken for %s, and the result says so', async (asked, to) => {
    const { hits, understood } = await recall(store, null, { text: asked });
    expect(understood.corrected).toEqual([{ from: asked.split(' ')[0], to }]);
    expect(hits.length).toBeGreaterThan(0);
    expect(hits[0]?.highlights.length).toBeGreaterThan(0);
  });

  it.each(['database', 'migration', 'the disks were full', 'zzzzqqqq', 'xyz', '12345', '数据裤', 'fuul'])(
    'in %s there is none, or none that can be told',
    async (text) => {
      const { understood } = await recall(store, null, { text });
      expect(understood.corrected?.map(({ to }) => to)).toEqual(text === 'fuul' ? ['full'] : []);
    },
  );

  // "dike" is a letter from "diske", which has the stem of "disks"
  it.each(['furl', 'Where was the dike of that?'])('in %s is a word that stands nowhere, and no slip', async (text) => {
    expect((await recall(store, null, { text })).understood.corrected).toEqual([]);
  });

  it('stay as they are when asked for literally, or for words alone', async () => {
    for (const more of [{ literal: true }, { mode: 'words' as const }]) {
      const { hits, understood } = await recall(store, null, { text: 'databse', ...more });
      expect([hits, understood.corrected]).toEqual([[], []]);
    }
  });
});
