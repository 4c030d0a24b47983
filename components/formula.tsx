import { useEffect, useRef } from 'preact/hooks';

/**
 * A TeX formula as MathML, drawn by the browser itself. The converter comes only when there is a formula; until then, and
 * where it cannot read the formula, the TeX stands as it was written.
 */
export function Formula({ source, block }: { source: string; block: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let over = false;
    void import('temml').then(({ default: temml }) => {
      const element = place.current;
      if (over || !element) return;
      try {
        // `trust: false` refuses \href, \includegraphics and the like; the sizes bound what a formula may cost.
        const drawn = document.createElement('span');
        temml.render(source, drawn, {
          displayMode: block,
          trust: false,
          throwOnError: true,
          maxSize: [10, 20],
          maxExpand: 300,
        });
        element.replaceChildren(drawn);
      } catch (error) {
        console.debug('commonplace: a formula is shown as it was written', error);
        element.textContent = source;
      }
    });
    return () => {
      over = true;
    };
  }, [source, block]);
  // The text is set by hand, above and here, so that Preact never meets nodes it did not make.
  return (
    <span
      key={source}
      class={block ? 'formula block' : 'formula'}
      ref={(element) => {
        place.current = element;
        if (element && !element.firstChild) element.textContent = source;
      }}
    />
  );
}
