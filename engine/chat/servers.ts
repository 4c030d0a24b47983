/** Where the package lets a question go at all: `connect-src` of its content security policy is made of these. */

/** Models' servers on this machine, at any port. */
export const HERE = ['localhost', '127.0.0.1'];
/** None of them is asked before the person adds it and allows it. */
export const ELSEWHERE = ['api.openai.com', 'api.anthropic.com', 'api.groq.com', 'openrouter.ai'];
