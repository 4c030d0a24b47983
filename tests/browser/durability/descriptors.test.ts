import { describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { startInternet } from '../../harness/internet';
import { audit } from '../../kill/audit';
import { Ledger } from '../../kill/ledger';
import { seeded } from '../../kill/random';
import { sendAgain } from '../../kill/scenes';
import { createSubject } from '../../kill/subject';
import { built } from './built';

/** What a Linux desktop gives a process; Chromium raises it for its main process only. */
const LIMITED = ['bash', '-c', 'ulimit -n 1024 && exec "$0" "$@"'];
const CONVERSATIONS = 200;

describe('with 1,024 file descriptors', () => {
  it.skipIf(!findChromium())('the engine opens, takes 200 conversations and finds what is in them', async () => {
    const internet = await startInternet({});
    const subject = createSubject('chrome', built('chrome'), internet.port);
    try {
      const running = await subject.launch(subject.newProfile(), { model: false, wrapper: LIMITED });
      try {
        const live = await running.live;
        const ledger = new Ledger(seeded(11));
        while (ledger.expected().documents < CONVERSATIONS) {
          ledger.unanswered = Array.from({ length: 50 }, () => ledger.next());
          await sendAgain(live, ledger);
        }
        const found = await audit(live, ledger, 'all');
        expect(found).toMatchObject({
          store: { state: 'ready', storage: 'opfs' },
          lost: [],
          duplicated: [],
          disagreements: [],
        });
      } finally {
        await running.kill();
      }
    } finally {
      subject.close();
      await internet.close();
    }
  });
});
