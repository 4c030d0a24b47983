/** What comes of each service's export. */
import { describe, expect, it } from 'vitest';
import { conversations, documents, folder, readAll, textFile, zip } from './given';

describe('an export of ChatGPT', () => {
  it('gives conversations with their branches, models, files by name, and the names of GPTs and shared copies', async () => {
    const read = await readAll([await zip(await folder('chatgpt'))]);
    expect(read.by).toEqual(['chatgpt']);
    const [bread, house] = conversations(read);
    expect(conversations(read)).toHaveLength(2);
    expect(bread).toMatchObject({
      site: 'chatgpt',
      id: '00000000-0000-4000-8000-0000000000a1',
      title: 'Sourdough in winter',
      updated_at: '2026-05-01T10:01:40.250Z',
      captured_at: '2026-05-01T10:01:40.250Z',
      coverage: 'all',
      complete: true,
      metadata: {
        assistant: { id: 'g-baker', name: 'The Baker' },
        shared: ['https://chatgpt.com/share/5ha4ed00-0000-4000-8000-000000000001'],
      },
    });
    expect(house?.metadata['project']).toEqual({ id: 'g-p-house', name: null });
    const shown = bread?.messages.filter((message) => message.on_active_branch) ?? [];
    expect(shown.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(shown[1]).toMatchObject({ model: 'gpt-5-5' });
    expect(shown[1]?.markdown).toContain('```python');
    expect(shown[2]?.markdown).toContain('And in a cold kitchen?');
    const files = bread?.messages.flatMap(({ attachments }) => attachments.map(({ name }) => name));
    expect(files).toEqual(['kitchen.jpg', 'question.wav', 'oven.png']);
    expect(shown[3]?.markdown).toContain('[Image: oven.png]');
    expect(bread?.messages.filter((message) => !message.on_active_branch).map(({ markdown }) => markdown)).toEqual([
      'Warm.',
    ]);
  });

  it('names the record and line of one that holds nothing', async () => {
    const { warnings } = await readAll(await folder('chatgpt'));
    expect(warnings).toEqual([
      {
        code: 'unreadable_record',
        message: 'The record ("Nothing in it") holds no messages; it is left out.',
        file: 'conversations-001.json',
        where: 'record 2, line 77',
      },
    ]);
  });

  it('reads the page in it where that is all there is', async () => {
    const page = (await folder('chatgpt')).filter(({ path }) => path === 'chat.html');
    const read = await readAll(page);
    expect(conversations(read).map(({ title }) => title)).toEqual(['Sourdough in winter', 'Moving house']);
    expect(read.warnings).toEqual([]);
  });

  it('takes from a folder what is its own and leaves other things to others', async () => {
    const read = await readAll([...(await folder('chatgpt')), textFile('shopping.xyz', 'eggs')]);
    expect(read.warnings.map(({ code, file }) => [code, file])).toContainEqual(['unknown_file', 'shopping.xyz']);
  });
});

describe('an export of Claude', () => {
  it('gives conversations with thoughts and artifacts, projects with their documents, and memories', async () => {
    const read = await readAll([await zip(await folder('claude'))]);
    const [letter] = conversations(read);
    expect(conversations(read)).toHaveLength(1);
    expect(letter).toMatchObject({
      site: 'claude',
      title: 'A letter to the landlord',
      metadata: { project: { id: 'p0000000-0000-4000-8000-000000000001', name: 'The flat' } },
    });
    expect(letter?.messages[0]?.attachments.map(({ name }) => name)).toEqual(['window.jpg']);
    expect(letter?.messages[1]?.metadata['thinking']).toBe('Polite, and with a date.');
    expect(letter?.messages[1]?.markdown).toContain('Dear Ms Novak');
    expect(letter?.messages[1]?.markdown).not.toContain('not supported on your current device');
    expect(documents(read).map(({ title, source }) => [source, title])).toEqual([
      ['claude', 'The flat'],
      ['claude', 'contract.md'],
      ['claude', 'What Claude remembers of your conversations'],
      ['claude', 'What Claude remembers of The flat'],
    ]);
    expect(documents(read)[0]?.sections.map(({ markdown }) => markdown)).toEqual([
      'All about the flat',
      'Answer briefly.',
      '- contract.md\n- plan.pdf',
    ]);
    expect(read.warnings.map(({ code }) => code)).toEqual(['empty_conversation']);
    expect(JSON.stringify(read.items)).not.toContain('ana@example.com');
  });

  it('gives what Claude noted in files, each with its path and time', async () => {
    const read = await readAll([
      textFile(
        'memories-000/memories/acc-1.json',
        JSON.stringify({
          account_uuid: 'acc-1',
          memory_files: [
            {
              path: '/people/hazel.md',
              content:
                '---\nname: hazel\ndescription: The neighbour\nsources: [chat]\n---\n\n- [stated] Hazel waters the peas\n',
              updated_at: '2026-09-13T05:26:32.417968+00:00',
            },
            { path: '/topics/empty.md', content: '' },
          ],
        }),
      ),
    ]);
    expect(read.by).toEqual(['claude']);
    expect(documents(read)).toMatchObject([
      {
        source: 'claude',
        id: 'memory:acc-1:/people/hazel.md',
        title: 'What Claude remembers: people/hazel',
        updated_at: '2026-09-13T05:26:32.417Z',
        sections: [{ markdown: 'The neighbour' }, { markdown: '- [stated] Hazel waters the peas' }],
        metadata: { type: 'memory' },
      },
    ]);
    expect(read.warnings).toEqual([]);
  });

  it('reads what was said in Claude Design', async () => {
    const said = (role: string, more: object) => ({ role, timestamp: '2026-07-09T11:30:00.000Z', ...more });
    const chat = {
      uuid: 'design-1',
      title: 'Seed labels',
      project: { uuid: 'dp-1', name: 'Labels' },
      created_at: '2026-07-09T11:30:00Z',
      updated_at: '2026-07-09T11:33:00Z',
      messages: [
        {
          uuid: 'u1',
          role: 'user',
          content: said('user', {
            content: 'A label for peas',
            attachments: [{ id: 'f1', name: 'brief.md', type: 'text', content: 'Green, small.' }],
          }),
        },
        {
          uuid: 'a1',
          role: 'assistant',
          content: said('assistant', {
            content: '',
            contentBlocks: [
              { type: 'thinking', text: 'A plain one.' },
              { type: 'text', text: 'Here it is.' },
              {
                type: 'tool_call',
                toolCall: { id: 't1', name: 'write_file', input: { path: 'label.html', content: '<p>Peas</p>' } },
              },
              {
                type: 'user_interjection',
                message: { id: 'i1', role: 'user', content: 'In green', timestamp: '2026-07-09T11:32:00.000Z' },
              },
              { type: 'tool_call', toolCall: { id: 't2', name: 'snip', input: {}, output: 'ok' } },
              { type: 'text', text: 'It is green now.' },
              { type: 'error', message: 'The model stopped here.' },
            ],
          }),
        },
      ],
    };
    const read = await readAll([
      await zip([textFile('design_chats/design-1.json', JSON.stringify(chat))], 'design_chats-000.zip'),
    ]);
    expect(read.by).toEqual(['claude']);
    expect(read.warnings).toEqual([]);
    const [labels] = conversations(read);
    expect(labels).toMatchObject({
      site: 'claude',
      id: 'design-1',
      title: 'Seed labels',
      url: null,
      complete: true,
      metadata: { design: true, project: { id: 'dp-1', name: 'Labels' } },
    });
    expect(labels?.messages.map(({ id, role, markdown }) => [id, role, markdown])).toEqual([
      ['u1', 'user', 'A label for peas\n\n**brief.md**\n\n```markdown\nGreen, small.\n```'],
      ['a1', 'assistant', 'Here it is.\n\n**label.html**\n\n```html\n<p>Peas</p>\n```'],
      ['i1', 'user', 'In green'],
      ['a1:2', 'assistant', 'It is green now.\n\nThe model stopped here.'],
    ]);
    expect(labels?.messages[1]?.metadata['thinking']).toBe('A plain one.');
    expect(labels?.messages[3]?.metadata['tools']).toEqual([{ name: 'snip', result: 'ok' }]);
  });

  it('reads of Claude Design what a person saw of it', async () => {
    const question = { role: 'user', id: 'same', content: '<system-info>\nTime: 9:00\n</system-info>\n\nA label' };
    const chat = {
      uuid: 'design-2',
      title: 'Chat',
      project: { uuid: 'dp-1', name: 'Labels' },
      messages: [
        {
          uuid: 'u1',
          role: 'user',
          content: {
            ...question,
            attachments: [{ id: 's', name: 'Fine labels', type: 'skill', content: 'Use this …' }],
          },
        },
        { uuid: 'u2', role: 'user', content: question },
        {
          uuid: 'a1',
          role: 'assistant',
          content: {
            role: 'assistant',
            id: 'x1',
            contentBlocks: [
              {
                type: 'tool_call',
                toolCall: {
                  id: 't1',
                  name: 'ask_user',
                  input: { questions: [{ title: 'Which?', options: ['Peas', 'Kale'] }] },
                },
              },
              {
                type: 'tool_call',
                toolCall: { id: 't2', name: 'write_file', input: { path: 'a.html', content: '<b>Peas</b><i>!</i>' } },
              },
              {
                type: 'tool_call',
                toolCall: {
                  id: 't3',
                  name: 'str_replace_edit',
                  input: {
                    path: 'a.html',
                    edits: [
                      { old_string: 'Peas', new_string: 'Kale' },
                      { old_string: '<i>!</i>', new_string: '' },
                    ],
                  },
                  output: 'Edited',
                },
              },
            ],
          },
        },
        {
          uuid: 'u3',
          role: 'user',
          content: {
            role: 'user',
            id: 'same-not',
            content: 'Check completed',
            pill: true,
            attachments: [{ id: 'h', name: 'result', type: 'text', hidden: true, content: 'fine' }],
          },
        },
      ],
    };
    const read = await readAll([textFile('design_chats/design-2.json', JSON.stringify(chat))]);
    const [labels] = conversations(read);
    expect(labels?.title).toBe('Labels');
    expect(labels?.messages.map(({ id, role, markdown }) => [id, role, markdown])).toEqual([
      ['u1', 'user', 'A label'],
      ['a1', 'assistant', 'Which?\n- Peas\n- Kale\n\n**a.html**\n\n```html\n<b>Kale</b>\n```'],
      ['u3', 'system', 'Check completed'],
    ]);
    expect(labels?.messages.map(({ attachments }) => attachments.map(({ name }) => name))).toEqual([
      ['Fine labels'],
      [],
      [],
    ]);
    expect(read.warnings).toEqual([]);
  });

  it('keeps nothing of the account, nor of where the parts of the export were to be had', async () => {
    const manifest = textFile(
      'manifest-acc-1-2026-09-20.json',
      JSON.stringify({
        version: 1,
        data_files: [
          { category: 'conversations', filename: 'conversations-000.zip', export_url: 'https://claude.ai/x' },
        ],
      }),
    );
    const account = await zip(
      [
        textFile('users.json', '[{"uuid":"acc-1","full_name":"Ana","email_address":"ana@example.com"}]'),
        textFile('login_history.json', '[{"ip_address":"192.0.2.7","created_at":"2026-09-01T09:00:00Z"}]'),
      ],
      'light_metadata-000.zip',
    );
    for (const given of [[manifest], [account], [manifest, account]]) {
      const read = await readAll(given);
      expect(read.by).toEqual(['claude']);
      expect(read.items).toEqual([]);
      expect(read.warnings.map(({ code }) => code)).toEqual(['empty_file']);
    }
    const whole = await readAll([manifest, account, ...(await folder('claude'))]);
    expect(whole.by).toEqual(['claude']);
    expect(JSON.stringify(whole.items)).not.toMatch(/example\.com|192\.0\.2\.7|claude\.ai\/x/);

    // another service's accounts are not Claude's
    const other = await readAll([textFile('users.json', '[{"id":1,"email_address":"bo@example.com"}]')]);
    expect(other.by).toEqual(['json']);
  });

  it('is read from archives in the archive', async () => {
    const files = await folder('claude');
    const inner = await zip(
      files.filter(({ path }) => path === 'conversations.json'),
      'conversations-000.zip',
    );
    const read = await readAll([await zip([inner, ...files.filter(({ path }) => path !== 'conversations.json')])]);
    expect(conversations(read)).toHaveLength(1);
  });
});

describe('Gemini in Takeout', () => {
  it('puts rows together by the conversation they name, else by the pauses between them', async () => {
    const read = await readAll([await zip(await folder('gemini'))]);
    expect(
      conversations(read).map(({ id, url, messages }) => [id, url !== null, messages.map(({ markdown }) => markdown)]),
    ).toEqual([
      [
        '00000000000000e1',
        true,
        ['Which flour for pizza?', 'Tipo 00.\n\n- soft', 'And what of rye?', 'Rye is **sticky**.'],
      ],
      [expect.stringMatching(/^takeout-/), false, [expect.stringContaining('Good names for a cat'), 'Miau.']],
      [
        expect.stringMatching(/^takeout-/),
        false,
        ['How far is it from Brno?', 'About 80 km.', 'Where is Olomouc?', 'In Moravia.'],
      ],
    ]);
    expect(conversations(read)[2]?.updated_at).toBe('2026-05-01T08:10:00.000Z');
    expect(documents(read).map(({ title, sections }) => [title, sections[0]?.markdown])).toEqual([
      ['Kitchen help', 'Answers about cooking\n\nAnswer in grams.'],
    ]);
    expect(read.warnings.map(({ code, file }) => [code, file])).toEqual([
      ['other_activity', 'export.zip/Takeout/My Activity/Gemini Apps/MyActivity.json'],
      ['other_activity', 'export.zip/Takeout/My Activity/YouTube/MyActivity.json'],
    ]);
  });

  it('reads the conversations of Gemini in Workspace, in order, with what was asked anew off the branch', async () => {
    const at = (second: number) => `2026-08-09T17:29:${second}.209311+00:00`;
    const user = (turn_index: number, prompt: string, more = {}) => ({
      user_turn: { prompt, turn_index, turn_last_modified: at(40 + turn_index), ...more },
    });
    const model = (turn_index: number, text: object[], more = {}) => ({
      system_turn: { text, turn_index, turn_last_modified: at(40 + turn_index), ...more },
    });
    const files = (folder: string, turns: object[]) => [
      textFile(
        `${folder}/conversation_1786296581.txt`,
        JSON.stringify({
          conversation_turns: turns,
          creation_time: '2026-08-09T17:29:41.209311+00:00',
          last_modification_time: '2026-08-09T17:34:58.153871+00:00',
          title: 'Boat trip',
        }),
      ),
      textFile(`${folder}/conversation_1786296581_turn_0_images_0.jpg`, 'x'),
    ];
    const read = await readAll([
      await zip(
        files('Takeout/Gemini in Workspace/Conversation History', [
          user(0, 'Which boat?', { images: ['conversation_1786296581_turn_0_images_0'] }),
          model(1, [{ data: 'The blue one.' }]),
          model(
            1,
            [
              { data: '', preamble: 'Here you go:' },
              { data: 'The **red** one.' },
              { cards: [{ content: 'Red, 5 m' }] },
            ],
            {
              model_thoughts: [{ headline: 'Colours', description: 'Red is faster.' }],
            },
          ),
          user(2, 'A slip of the tongue', { turn_deleted_time: at(50) }),
          user(2, 'And when?'),
          model(3, [{ data: 'At noon.' }]),
        ]),
      ),
    ]);
    expect(read.by).toEqual(['gemini']);
    const [trip] = conversations(read);
    expect(trip).toMatchObject({
      site: 'gemini',
      id: 'workspace-1786296581',
      url: null,
      title: 'Boat trip',
      created_at: '2026-08-09T17:29:41.209Z',
      updated_at: '2026-08-09T17:34:58.153Z',
      captured_at: '2026-08-09T17:34:58.153Z',
      coverage: 'all',
    });
    expect(trip?.messages.map(({ role, markdown, on_active_branch: on }) => [role, markdown, on])).toEqual([
      ['user', 'Which boat?\n\n[Image: conversation_1786296581_turn_0_images_0]', true],
      ['assistant', 'Here you go:\n\nThe **red** one.\n\nRed, 5 m', true],
      ['user', 'And when?', true],
      ['assistant', 'At noon.', true],
      ['assistant', 'The blue one.', false],
    ]);
    expect(trip?.messages[1]?.metadata).toEqual({ thinking: '**Colours**\n\nRed is faster.' });
    expect(read.warnings.map(({ code }) => code)).toEqual(['deleted_turns']);
  });

  it('reads the page in the language of the account, with its times', async () => {
    const read = await readAll(await folder('gemini-html'));
    const all = conversations(read);
    expect(all.map(({ messages }) => messages.map(({ markdown }) => markdown))).toEqual([
      ['Was ist ein Knödel?', 'Ein Kloß.'],
      ['Und ein großes?', 'Sieben.', 'Wie lange kocht ein Ei?', 'Sechs Minuten.'],
    ]);
    expect(all[1]?.messages.map(({ created_at }) => created_at)).toEqual([
      '2026-11-20T14:04:05.000Z',
      '2026-11-20T14:04:05.000Z',
      '2026-11-20T14:14:05.000Z',
      '2026-11-20T14:14:05.000Z',
    ]);
  });
});

describe('Messenger', () => {
  it('mends the letters, joins the parts of a thread oldest first, and keeps who said what', async () => {
    const read = await readAll([await zip(await folder('messenger'))]);
    const [jana, older, newer] = conversations(read).sort((a, b) => a.id.localeCompare(b.id));
    expect(jana).toMatchObject({ title: 'Jana', messages: [{ author: 'Jana', markdown: 'Žluťoučký kůň' }] });
    expect([older?.id, newer?.id]).toEqual(['radek_17', 'radek_17']);
    expect(newer?.title).toBe('Radosław');
    expect(older?.messages.map(({ markdown, attachments }) => [markdown, attachments.map(({ name }) => name)])).toEqual(
      [
        ['[Image: 17.jpg]', ['17.jpg']],
        ['Are you coming?', []],
      ],
    );
    expect(newer?.messages.map(({ author, markdown }) => [author, markdown])).toEqual([
      ['Ana', 'Vstupenky\n\n<https://example.com/tickets>'],
      ['Radosław', 'Přijdu v 8 🌹'],
    ]);
    expect(newer?.messages[1]?.metadata['reactions']).toEqual([{ reaction: '❤', actor: 'Ana' }]);
    expect(newer?.messages[0]?.parent_id).toBe(older?.messages[1]?.id);
  });
});

describe('other assistants', () => {
  it('DeepSeek: fragments, thoughts, math', async () => {
    const [primes] = conversations(await readAll(await folder('deepseek')));
    expect(primes).toMatchObject({ site: 'deepseek', title: 'Primes', updated_at: '2026-01-05T02:01:00.000Z' });
    expect(primes?.messages[1]).toMatchObject({
      markdown: 'No: $91 = 7 \\cdot 13$.',
      metadata: { thinking: '7 times 13.' },
    });
  });

  it('Grok: senders, times, thoughts, sources; nothing of the account', async () => {
    const read = await readAll([await zip(await folder('grok'))]);
    const [lights] = conversations(read);
    expect(lights).toMatchObject({
      site: 'grok',
      title: 'Northern lights',
      complete: true,
      metadata: { starred: true },
    });
    expect(lights?.messages).toMatchObject([
      { role: 'user', created_at: '2026-02-03T10:00:00.000Z', attachments: [{ reference: 'asset-1' }] },
      {
        role: 'assistant',
        markdown: 'From September to March.\n\n[Image: aurora.jpg]',
        metadata: { thinking: 'Seasons matter.', citations: [{ url: 'https://example.com/aurora', title: 'Aurora' }] },
      },
    ]);
    expect(read.warnings.map(({ code, where }) => [code, where])).toEqual([
      ['empty_conversation', expect.stringMatching(/^record 2, line/)],
    ]);
  });

  const grokExport = (...responses: object[]) =>
    textFile(
      'prod-grok-backend.json',
      JSON.stringify({
        conversations: [
          {
            conversation: { id: 'g-1', title: 'Storms', create_time: '2026-02-03T10:00:00Z' },
            responses: responses.map((response) => ({ response, share_link: null })),
          },
        ],
      }),
    );

  it('Grok: what the page draws in an answer is links, pictures and documents by name, not tags', async () => {
    const card = (id: string, kind: string, number: string) =>
      `<grok:render card_id="${id}" card_type="${kind}" type="render_x">\n<argument name="x_id">${number}</argument>\n</grok:render>`;
    const [storms] = conversations(
      await readAll([
        grokExport(
          { _id: 'a', sender: 'human', message: 'Why <grok:render card_id="x"></grok:render>?' },
          {
            _id: 'b',
            parent_response_id: 'a',
            sender: 'ASSISTANT',
            message: [
              `Warm air rises.${card('c1', 'citation_card', '7')}${card('c2', 'citation_card', '8')} It cools.${card('gone', 'citation_card', '9')}`,
              `${card('p1', 'image_card', '1')}`,
              'Old form.<grok-card data-id="c1" data-type="citation_card"></grok-card>',
              '<xaiArtifact artifact_id="art-1" artifact_version_id="v" title="storm.py" contentType="text/python">\nprint("boom")\n</xaiArtifact>',
              '<xaiArtifact artifact_id="art-2" title="Plan" contentType="text/markdown">\n\n- stay in\n</xaiArtifact>',
            ].join('\n\n'),
            web_search_results: [{ url: 'https://example.com/air', title: 'Warm [air]' }],
            card_attachments_json: [
              JSON.stringify({ id: 'c1', cardType: 'citation_card', url: 'https://example.com/air' }),
              JSON.stringify({ id: 'c2', cardType: 'citation_card', url: 'https://www.example.org/cloud' }),
              JSON.stringify({ id: 'p1', image: { original: 'https://example.com/c.png', title: 'A cloud' } }),
              JSON.stringify({ id: 'm1', image_chunk: { imageUrl: 'users/u/generated/g1/made.jpg', progress: 50 } }),
              JSON.stringify({ id: 'm1', image_chunk: { imageUrl: 'users/u/generated/g1/made.jpg', progress: 100 } }),
              'no JSON',
            ],
          },
        ),
      ]),
    );
    const [asked, answer] = storms?.messages ?? [];
    expect(asked?.markdown).toBe('Why <grok:render card_id="x"></grok:render>?');
    expect(answer?.markdown).toBe(
      [
        'Warm air rises. ([Warm (air)](https://example.com/air)) ([example.org](https://www.example.org/cloud)) It cools.',
        '[Image: A cloud]',
        'Old form. ([Warm (air)](https://example.com/air))',
        '**storm.py**',
        '```python\nprint("boom")\n```',
        '## Plan',
        '- stay in',
        '[Image: made.jpg]',
      ].join('\n\n'),
    );
    expect(answer?.attachments.map(({ kind, name }) => [kind, name])).toEqual([
      ['file', 'storm.py'],
      ['file', 'Plan'],
      ['image', 'A cloud'],
      ['image', 'made.jpg'],
    ]);
    expect(answer?.metadata['citations']).toEqual([
      { url: 'https://example.com/air', title: 'Warm [air]' },
      { url: 'https://www.example.org/cloud', title: null },
    ]);
  });

  it('Grok: an answer that failed or is empty does not part the conversation', async () => {
    const [storms] = conversations(
      await readAll([
        grokExport(
          { _id: 'a', sender: 'human', message: 'Why?' },
          { _id: 'b', parent_response_id: 'a', sender: 'ASSISTANT', message: '', error: 'Failed to respond.' },
          { _id: 'c', parent_response_id: 'b', sender: 'human', message: 'Again?' },
          { _id: 'd', parent_response_id: 'c', sender: 'assistant', message: '' },
          { _id: 'e', parent_response_id: 'd', sender: 'human', message: 'Once more?' },
          { _id: 'f', parent_response_id: 'e', sender: 'assistant', message: 'Air.' },
        ),
      ]),
    );
    expect(storms?.messages.map(({ markdown, on_active_branch: on }) => [markdown, on])).toEqual([
      ['Why?', true],
      ['Failed to respond.', true],
      ['Again?', true],
      ['Once more?', true],
      ['Air.', true],
    ]);
    expect(storms?.coverage).toBe('all');
  });

  it('Mistral: in the order of time, with files', async () => {
    const [cities] = conversations(await readAll(await folder('mistral')));
    expect(cities?.messages).toMatchObject([
      { role: 'user', markdown: 'Name two cities', attachments: [{ name: 'map.png', kind: 'image' }] },
      { role: 'assistant', markdown: 'Paris, Lyon.' },
    ]);
  });

  it('Mistral: an answer that is a picture is not nothing', async () => {
    const chatId = '22222222-2222-4222-8222-222222222222';
    const text = (role: string, at: number, contentChunks: unknown[], content = '') => ({
      id: `m${at}`,
      chatId,
      content,
      contentChunks,
      role,
      createdAt: `2026-01-10T10:00:0${at}.000Z`,
      canvas: [],
      files: [],
    });
    const picture = { type: 'image_url', imageUrl: 'https://files.example.com/gen/owl-7.jpg?sig=abc' };
    const [owl] = conversations(
      await readAll([
        textFile(
          `chat-${chatId}.json`,
          JSON.stringify([
            text('user', 1, [], 'Draw an owl'),
            text('assistant', 2, [{ type: 'tool_call', name: 'generate_image' }, picture]),
            text('user', 3, [], 'And with words?'),
            text('assistant', 4, [{ type: 'text', text: 'Here it is:\n' }, picture]),
          ]),
        ),
      ]),
    );
    expect(owl?.messages.map(({ markdown }) => markdown)).toEqual([
      'Draw an owl',
      '[Image: owl-7.jpg]',
      'And with words?',
      'Here it is:\n\n[Image: owl-7.jpg]',
    ]);
    expect(owl?.messages[1]?.attachments).toEqual([
      { kind: 'image', name: 'owl-7.jpg', reference: 'https://files.example.com/gen/owl-7.jpg?sig=abc' },
    ]);
  });

  it('Perplexity: in the order of time, with sources as links', async () => {
    const [mountains] = conversations(await readAll(await folder('perplexity')));
    expect(mountains).toMatchObject({
      id: 'ctx-1',
      title: 'Mountains',
      url: 'https://www.perplexity.ai/search/mountains-abc',
    });
    expect(mountains?.messages.map(({ markdown }) => markdown)).toEqual([
      'Mountains in Czechia?',
      'Krkonoše, Jeseníky.',
      'And the highest?',
      'Sněžka, 1,603 m [1](https://example.com/snezka).',
    ]);
    expect(mountains?.messages[0]?.created_at).toBe('2026-02-06T22:37:20.000Z');
  });

  it("Perplexity: the download of one's data, all threads in one file", async () => {
    const thread = (title: string, day: string, ...asked: string[]) => ({
      context_title: title,
      created_at: `${day}T08:00:00.000000`,
      mode: 'COPILOT',
      collection_uuid: null,
      entries: asked.map((query, index) => ({
        query,
        answer: index === 0 ? 'Ask me.' : null,
        mode: 'COPILOT',
        created_at: `${day}T08:0${index}:00.000000`,
        query_status: index === 0 ? 'COMPLETED' : 'FAILED',
      })),
    });
    const file = textFile(
      'conversations.json',
      JSON.stringify({
        conversations: [thread('Rivers', '2026-03-01', 'Which?', 'And?'), thread('Lakes', '2026-03-02', 'Which?')],
      }),
    );
    const read = await readAll([file]);
    expect(read.by).toEqual(['perplexity']);
    const [rivers, lakes] = conversations(read);
    expect(rivers).toMatchObject({
      title: 'Rivers',
      url: null,
      created_at: '2026-03-01T08:00:00.000Z',
      updated_at: '2026-03-01T08:01:00.000Z',
    });
    expect(rivers?.messages.map(({ role, markdown }) => [role, markdown])).toEqual([
      ['user', 'Which?'],
      ['assistant', 'Ask me.'],
      ['user', 'And?'],
    ]);
    expect(lakes?.id).not.toBe(rivers?.id);
    expect(conversations(await readAll([file])).map(({ id }) => id)).toEqual([rivers?.id, lakes?.id]);
  });
});

describe('an archive that is no archive', () => {
  it('says so, and costs nothing else', async () => {
    const good = await zip(await folder('deepseek'), 'good.zip');
    const bytes = new Uint8Array(await good.blob.arrayBuffer());
    const read = await readAll([
      good,
      textFile('cut.zip', bytes.slice(0, bytes.length / 2)),
      textFile('none.zip', 'none'),
    ]);
    expect(conversations(read)).toHaveLength(1);
    expect(read.warnings.map(({ code, file }) => [code, file])).toEqual([
      ['unreadable_archive', 'cut.zip'],
      ['unreadable_archive', 'none.zip'],
    ]);
  });
});
