import type { MessageView } from '../engine/api';
import { sourceName } from './sites';
import { words } from './words';

/** Who speaks, by name: the person, the assistant by its site, a tool by its own name. */
export function speaker(message: { role: MessageView['role'] | null; author: string | null; source?: string }): string {
  switch (message.role) {
    case 'user':
      return words('speaker_user');
    case 'assistant':
      return message.source === undefined ? words('speaker_assistant') : sourceName(message.source);
    case 'tool':
      return message.author ?? words('speaker_tool');
    case 'system':
      return words('speaker_system');
    case null:
      return message.author ?? '';
  }
}
