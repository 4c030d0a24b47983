import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decidePage,
  isPrivateHost,
  keptAddress,
  neverByCategory,
  neverEntry,
  PAGES_OFF,
  type PagesSetting,
} from '../../../engine/capture/pages';

const EVERYWHERE: PagesSetting = { ...PAGES_OFF, everywhere: 'text' };
const decide = (url: string, setting: PagesSetting = EVERYWHERE) => {
  const decision = decidePage(url, setting);
  return decision.keep ?? decision.why;
};

describe('which pages are kept by being read', () => {
  it('keeps none until it is turned on', () => {
    expect(decide('https://gazette.example/a', PAGES_OFF)).toBe('off');
  });

  it.each([
    ['https://gazette.example/why-lighthouses-blink', 'text'],
    ['https://en.wikipedia.org/wiki/Login', 'text'],
    ['https://github.com/someone/thing/blob/main/src/auth/index.ts', 'text'],
    ['https://blog.example/?p=12', 'text'],
    ['https://news.ycombinator.com/item?id=1', 'text'],
    ['https://www.amazon.de/dp/B000', 'text'],
    ['https://93.184.216.34/paper.html', 'text'],
    // searches
    ['https://www.google.com/search?q=oolong', 'search'],
    ['https://www.google.co.uk/search?q=oolong', 'search'],
    ['https://duckduckgo.com/?q=oolong', 'search'],
    ['https://blog.example/?s=oolong', 'search'],
    ['https://shop.example/suche?q=tee', 'search'],
    ['https://www.bing.com/images', 'never_list'],
    ['https://www.baidu.com/s?wd=x', 'never_list'],
    // mail, chat, banks, health, states, adult, tools, accounts
    ['https://mail.google.com/mail/u/0/#inbox', 'never_list'],
    ['https://outlook.live.com/mail/0/', 'never_list'],
    ['https://webmail.university.example/x', 'never_list'],
    ['https://web.whatsapp.com/', 'never_list'],
    ['https://www.facebook.com/someone', 'never_list'],
    ['https://discord.com/channels/1/2', 'never_list'],
    ['https://x.com/messages/1', 'private_step'],
    ['https://www.deutsche-bank.de/pk', 'never_list'],
    ['https://www.sparkasse-koelnbonn.de/', 'never_list'],
    ['https://online.citi.com/US/home', 'never_list'],
    ['https://banking.ing.de/app', 'never_list'],
    ['https://first.bank/', 'never_list'],
    ['https://www.doctolib.fr/medecin', 'never_list'],
    ['https://mychart.clinic.example/visits', 'never_list'],
    ['https://www.elster.de/eportal', 'never_list'],
    ['https://www.tax.service.gov.uk/x', 'never_list'],
    ['https://www.pornhub.com/', 'never_list'],
    ['https://docs.google.com/document/d/1', 'never_list'],
    ['https://accounts.google.com/x', 'never_list'],
    ['https://shop.example/checkout/address', 'private_step'],
    ['https://shop.example/login.php', 'private_step'],
    ['https://app.example/reset-password?token=abc', 'private_step'],
    ['https://app.example/invite/abcdef', 'private_step'],
    ['https://app.example/welcome?code=abc&state=def', 'private_step'],
    // nobody else's
    ['http://localhost:3000/', 'private_address'],
    ['http://printer/', 'private_address'],
    ['https://nas.local/', 'private_address'],
    ['https://wiki.corp.internal/page', 'private_address'],
    ['https://app.test/', 'private_address'],
    ['http://192.168.1.1/', 'private_address'],
    ['http://0x7f.1/', 'private_address'],
    ['http://2130706433/', 'private_address'],
    ['http://[::1]/', 'private_address'],
    ['http://[::ffff:10.0.0.1]/', 'private_address'],
    ['http://[fe80::1]/', 'private_address'],
    ['file:///home/someone/letter.html', 'not_web'],
    ['chrome://settings/', 'not_web'],
    ['about:blank', 'not_web'],
  ])('%s: %s', (url, expected) => {
    expect(decide(url)).toBe(expected);
  });

  it('does what the user said of a site, and of the nearest site above it', () => {
    const setting: PagesSetting = {
      ...PAGES_OFF,
      sites: { 'example.org': 'address', 'private.example.org': 'off', 'a.private.example.org': 'text' },
    };
    expect(decide('https://www.example.org/x', setting)).toBe('address');
    expect(decide('https://notexample.org/x', setting)).toBe('off');
    expect(decide('https://b.private.example.org/x', setting)).toBe('off');
    expect(decide('https://a.private.example.org/x', setting)).toBe('text');
    expect(decide('https://elsewhere.example/x', { ...setting, everywhere: 'text' })).toBe('text');
  });

  it('lets a wish for one site go before the list that came with it, but not before what is always private', () => {
    const wished: PagesSetting = { ...PAGES_OFF, sites: { 'docs.google.com': 'text', localhost: 'text' } };
    expect(decide('https://docs.google.com/document/d/1', wished)).toBe('text');
    expect(decide('https://docs.google.com/search?q=x', wished)).toBe('search');
    expect(decide('http://localhost/', wished)).toBe('private_address');
  });

  it('takes entries that were added, and lets go of those that were taken out', () => {
    const setting: PagesSetting = {
      ...EVERYWHERE,
      never: { added: ['gazette.example/people'], removed: ['doctolib.*'] },
    };
    expect(decide('https://gazette.example/people/nora', setting)).toBe('never_list');
    expect(decide('https://gazette.example/peoples', setting)).toBe('text');
    expect(decide('https://www.doctolib.fr/medecin', setting)).toBe('text');
  });

  it('reads what a person types into the list', () => {
    expect(neverEntry('https://www.Example.org/a/?q=1')).toBe('example.org/a');
    expect(neverEntry('*.example.org')).toBe('example.org');
    expect(neverEntry('bücher.example')).toBe('xn--bcher-kva.example');
    expect(neverEntry('google.*/search')).toBe('google.*/search');
    for (const nonsense of ['', '*', 'two words', 'a..b', '.**']) expect(neverEntry(nonsense)).toBeNull();
  });

  it('has a default list whose every entry is well formed, and none twice', () => {
    const entries = neverByCategory(PAGES_OFF).flatMap((group) => group.entries);
    expect(new Set(entries).size).toBe(entries.length);
    for (const entry of entries) expect(neverEntry(entry), entry).toBe(entry);
    expect(entries.length).toBeGreaterThan(300);
  });

  it('holds every entry of the list against a host and a path of its own', () => {
    for (const entry of neverByCategory(PAGES_OFF).flatMap((group) => group.entries)) {
      const [host = '', ...path] = entry.replace(/\.\*\*(?=\/|$)/u, '.zone.example').split('/');
      const url = `https://${host.replace(/\.\*$/u, '.co.uk').replaceAll('*', 'x')}/${path.join('/').replaceAll('*', 'x')}`;
      expect(decidePage(url, EVERYWHERE).keep, `${entry}: ${url}`).toBeNull();
    }
  });
});

describe('private addresses', () => {
  const octet = fc.nat({ max: 255 });
  it('are all of the networks that are not routed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(fc.constant(10), octet, octet, octet),
          fc.tuple(fc.constant(127), octet, octet, octet),
          fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
          fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
          fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
          fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
          fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
        ),
        ([a, b, c, d]) => {
          const number = ((a * 256 + b) * 256 + c) * 256 + d;
          // however it is written, the address is the same
          for (const host of [
            `${a}.${b}.${c}.${d}`,
            String(number),
            `0x${number.toString(16)}`,
            `[::ffff:${a}.${b}.${c}.${d}]`,
          ])
            expect(isPrivateHost(new URL(`http://${host}/`).hostname), host).toBe(true);
        },
      ),
    );
  });

  it('are not those beside them', () => {
    for (const host of [
      '9.255.255.255',
      '11.0.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.0.1',
      '192.169.0.1',
      '100.63.0.1',
      '100.128.0.1',
      '223.255.255.255',
      '1.1.1.1',
    ])
      expect(isPrivateHost(host), host).toBe(false);
    for (const host of ['[2606:4700:4700::1111]', '[2001:4860::8888]', '[::ffff:8.8.8.8]'])
      expect(isPrivateHost(new URL(`http://${host}/`).hostname), host).toBe(false);
  });

  it('are unique-local, link-local and multicast of IPv6', () => {
    const group = fc.nat({ max: 0xffff });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: 0xfc00, max: 0xfdff }),
          fc.integer({ min: 0xfe80, max: 0xfebf }),
          fc.integer({ min: 0xff00, max: 0xffff }),
        ),
        fc.array(group, { minLength: 7, maxLength: 7 }),
        (first, rest) => {
          const host = `[${[first, ...rest].map((one) => one.toString(16)).join(':')}]`;
          expect(isPrivateHost(new URL(`http://${host}/`).hostname), host).toBe(true);
        },
      ),
    );
  });

  it('are names without a dot and of private zones', () => {
    for (const host of [
      'localhost',
      'nas',
      'a.local',
      'a.b.internal',
      'router.home.arpa',
      'x.lan',
      'app.localhost',
      'a.local.',
    ])
      expect(isPrivateHost(host), host).toBe(true);
    for (const host of ['local.example', 'internal.org', 'test.com']) expect(isPrivateHost(host), host).toBe(false);
  });
});

describe('the address that is written down', () => {
  it.each([
    ['https://a.example/x?utm_source=mail&id=3#part', 'https://a.example/x?id=3'],
    ['https://a.example/x?access_token=abc&page=2', 'https://a.example/x?page=2'],
    ['https://a.example/x?code=1234', 'https://a.example/x'],
    ['https://a.example/x?state=Ohio', 'https://a.example/x?state=Ohio'],
    ['https://a.example/x?state=f00ba4f00ba4f00ba4f00ba4', 'https://a.example/x'],
    ['https://a.example/x?email=ana%40example.org', 'https://a.example/x'],
    ['https://a.example/x?to=eyJhbGciOiJIUzI1NiJ9.e30.x', 'https://a.example/x'],
    [
      'https://a.example/x?id=1f2e3d4c-0000-4000-8000-123456789abc',
      'https://a.example/x?id=1f2e3d4c-0000-4000-8000-123456789abc',
    ],
    ['https://files.example/p.pdf?X-Amz-Signature=1&X-Amz-Date=2', 'https://files.example/p.pdf'],
    ['https://ana:secret@a.example/x', 'https://a.example/x'],
    ['https://a.example/x;jsessionid=1F2E/y', 'https://a.example/x/y'],
    ['https://a.example/#/chapter/2', 'https://a.example/#/chapter/2'],
    ['https://a.example/#access_token=1', 'https://a.example/'],
    ['https://a.example/#/in?token=1', 'https://a.example/'],
  ])('%s becomes %s', (url, kept) => {
    expect(keptAddress(url)).toBe(kept);
  });

  it('is its own kept address, and never holds a token that was there', () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12,40}$/u).map((text) => `s3cret${text}`);
    const name = fc.constantFrom(
      'token',
      'access_token',
      'auth',
      'sid',
      'PHPSESSID',
      'code',
      'api-key',
      'X-Amz-Signature',
      'csrf_token',
      'password',
    );
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), name, secret, (url, parameter, value) => {
        const with_ = new URL(url);
        with_.searchParams.append(parameter, value);
        const kept = keptAddress(with_.href);
        expect(kept).not.toBeNull();
        expect(kept).not.toContain(value);
        expect(keptAddress(kept ?? '')).toBe(kept);
      }),
    );
  });
});
