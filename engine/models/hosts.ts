/** The hub that models are fetched from, and where it lets their bytes lie: `connect-src` of the policy is made of these. */
export const HUB = 'https://huggingface.co';
export const HUB_HOSTS = ['huggingface.co', '*.huggingface.co', '*.hf.co'];
