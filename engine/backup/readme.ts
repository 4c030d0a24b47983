/** README.md of every export. */
export const README = `# A Commonplace export

Everything that was kept, readable without Commonplace.

- \`documents/\`: each conversation, page and note as one Markdown file, by where it is from.
  \`documents/SHA256SUMS\` has their checksums (\`cd documents && sha256sum -c SHA256SUMS\`).
- \`data/\`: the same, whole, as JSON Lines: one record on each line, as \`record.schema.json\` (JSON Schema) says.
  A document's messages follow it. This is what an import reads.
- \`data/forgotten/\`: hashes of what was deleted, so that it stays so. \`data/retention/\`: how long things are kept.
- \`settings.json\`: what was set in the browser.
- \`embeddings/\`, when they were asked for: the vectors that search by meaning uses.
- \`manifest.json\`: the format's version, how many records there are, and SHA-256 and size of each part.

To bring it back: Commonplace, Settings, Your data, Import a file.

All times are ISO 8601 in UTC. Record layout of \`embeddings/\`: 16 bytes document id, 16 bytes key (the first half of
the SHA-256 of the passage as it is indexed: header, newline, text), then the vector as little-endian 16-bit floats.
The same data always gives the same bytes; nothing in here says when or where it was made.
`;
