export { recall } from './recall';
export { parseQuery, type ParsedQuery } from './parse';
