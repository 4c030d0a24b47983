/** Small PDFs, written out by hand. */
export function pdfOf(
  pages: string[],
  facts: { title?: string; author?: string; made?: string; locked?: boolean; encoding?: string } = {},
): Uint8Array<ArrayBuffer> {
  const objects: string[] = [];
  const kids = pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ');
  objects.push('<< /Type /Catalog /Pages 2 0 R >>');
  objects.push(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`);
  objects.push(
    facts.encoding === undefined
      ? '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'
      : `<< /Type /Font /Subtype /Type0 /BaseFont /Mincho /Encoding /${facts.encoding} /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Mincho /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /Mincho /Flags 4 /ItalicAngle 0 /Ascent 859 /Descent -140 /CapHeight 709 /StemV 80 /FontBBox [0 -137 1000 859] >> >>] >>`,
  );
  pages.forEach((text, index) => {
    const lines = text.split('\n').map((line) => (line === '' ? 'T*' : `(${line}) Tj T*`));
    const body = text === '' ? '0 0 100 100 re f' : `BT /F1 12 Tf 72 720 Td 14 TL ${lines.join(' ')} ET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * index} 0 R >>`,
    );
    objects.push(`<< /Length ${body.length} >>\nstream\n${body}\nendstream`);
  });
  objects.push(
    `<< /Title (${facts.title ?? ''}) /Author (${facts.author ?? ''})${facts.made === undefined ? '' : ` /CreationDate (${facts.made})`} >>`,
  );
  const info = objects.length;
  // the keys are of nobody's password
  objects.push(`<< /Filter /Standard /V 1 /R 2 /P -4 /O <${'41'.repeat(32)}> /U <${'42'.repeat(32)}> >>`);
  let file = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  file += places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const locked = facts.locked === true ? ` /Encrypt ${objects.length} 0 R /ID [<00> <00>]` : '';
  file += `trailer << /Size ${objects.length + 1} /Root 1 0 R /Info ${info} 0 R${locked} >>\nstartxref\n${table}\n%%EOF`;
  return new TextEncoder().encode(file);
}
