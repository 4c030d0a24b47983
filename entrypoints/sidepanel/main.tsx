import { render } from 'preact';
import { Panel } from '../../components/panel';
import { connectEngine } from '../shell/engine-connection';
import { createShell } from '../shell/shell';
import { useBrowserWords } from '../shell/words';

useBrowserWords();
const engine = connectEngine();
render(<Panel engine={engine} shell={createShell(engine)} />, document.body);
