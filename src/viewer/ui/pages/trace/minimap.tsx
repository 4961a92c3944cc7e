/** The whole trace in a strip: drag to look closer, double-click to see all. */
import { useEffect, useRef, useState, type PointerEvent } from 'react';
import { operationTypes } from '../../../wire.ts';
import { cssColour, onThemeChange } from '../../theme.ts';
import { duration } from '../../units.ts';
import type { Stretch } from './time.ts';
import type { Tree } from './tree.ts';

/** More lines than pixels show nothing more: a big trace is sampled. */
const MAX_LINES = 20_000;

function draw(canvas: HTMLCanvasElement, { skeleton, size, length }: Tree): void {
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio];
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const hues = operationTypes.map((type) => cssColour(`--t-${type}`));
  const error = cssColour('--error');
  const step = Math.max(1, Math.ceil(size / MAX_LINES));
  const thick = Math.max(ratio, Math.min(3 * ratio, height / size));
  const { startMicros, durationMicros, type, status } = skeleton.spans;
  for (let at = 0; at < size; at += step) {
    pen.fillStyle = status[at] === 2 ? error : (hues[type[at] ?? -1] ?? '');
    const x = ((startMicros[at] ?? 0) / length) * width;
    const wide = Math.max(ratio, ((durationMicros[at] ?? 0) / length) * width);
    pen.fillRect(x, (at / size) * (height - thick), wide, thick);
  }
}

interface MinimapProps {
  readonly tree: Tree;
  readonly shown: Stretch;
  readonly show: (stretch: Stretch) => void;
}

export function Minimap({ tree, shown, show }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<Stretch>();
  useEffect(() => {
    const target = canvas.current;
    if (target === null) return undefined;
    const redraw = (): void => draw(target, tree);
    const watcher = new ResizeObserver(redraw);
    watcher.observe(target);
    const stop = onThemeChange(redraw);
    return () => {
      watcher.disconnect();
      stop();
    };
  }, [tree]);
  const micros = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * tree.length;
  };
  const { from, to } = drag ?? shown;
  const left = (Math.min(from, to) / tree.length) * 100;
  const right = 100 - (Math.max(from, to) / tree.length) * 100;
  return (
    <div
      className="minimap"
      title="Drag to look closer; double-click to see all"
      onDoubleClick={() => show({ from: 0, to: tree.length })}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: micros(event), to: micros(event) });
      }}
      onPointerMove={(event) => drag !== undefined && setDrag({ from: drag.from, to: micros(event) })}
      onPointerUp={() => {
        if (drag === undefined) return;
        const stretch = { from: Math.min(drag.from, drag.to), to: Math.max(drag.from, drag.to) };
        if (stretch.to - stretch.from > tree.length / 500) show(stretch);
        setDrag(undefined);
      }}
    >
      <canvas ref={canvas} role="img" aria-label={`Overview of ${duration(tree.length / 1000)}`} />
      <div className="shade" style={{ left: 0, width: `${left}%` }} />
      <div className="shade" style={{ right: 0, width: `${right}%` }} />
    </div>
  );
}
