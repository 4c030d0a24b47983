import { render } from 'preact';
import { Welcome } from '../../components/welcome';
import { connectEngine } from '../shell/engine-connection';
import { createShell } from '../shell/shell';
import { useBrowserWords } from '../shell/words';

useBrowserWords();
const engine = connectEngine();
render(<Welcome engine={engine} shell={createShell(engine)} />, document.body);
