/** The engine over MessagePorts: who owns the workers, how a client connects, how both survive the other's death. */
export { reachBuiltIn } from './built-in';
export { type ConnectionOptions, type ConnectionState, connectEngine, type EngineConnection } from './client';
export { type Host, type HostOptions, startHost } from './host';
export { type Connect, serveEngine } from './serve';
export { type FromWorker, OUTBOX_BELL, type ToWorker } from './worker-messages';
