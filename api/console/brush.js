/**
 * Painting on a picture what shall be changed.
 *
 * Contract: the mask has the picture's own size; white is changed, black stays. The picture itself is only looked at: it
 * comes from another host and may not be read. All that the pointer does the keyboard does too.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { t } from "./texts.js";

const SIZES = { min: 2, max: 30, first: 10 }; // per cent of the picture's shorter side
const STEP = 0.02; // of the picture, with an arrow

/**
 * @typedef {{size: number, points: [number, number][]}} Stroke points as parts of width and height
 * @typedef {{width: number, height: number}} Size in pixels
 */

/**
 * @param {{url: string, alt: string, strokes: Stroke[], onSize: (size: Size) => void,
 *          onStrokes: (change: (strokes: Stroke[]) => Stroke[]) => void}} props `onSize`: that of the picture itself
 */
export function Brush({ url, alt, strokes, onSize, onStrokes: setStrokes }) {
  const [size, setSize] = useState(SIZES.first);
  const [cursor, setCursor] = useState(null); // where the keyboard's brush is
  const canvas = useRef(null);
  const painting = useRef(false);

  useEffect(() => show(canvas.current, strokes, cursor, size), [strokes, cursor, size]);

  const begin = (point) => setStrokes((all) => [...all, { size, points: [point] }]);
  const goOn = (point) =>
    setStrokes((all) => [...all.slice(0, -1), { ...all.at(-1), points: [...all.at(-1).points, point] }]);
  const onPointerDown = (event) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    painting.current = true;
    setCursor(null);
    begin(pointOf(event));
  };
  const onPointerMove = (event) => painting.current && goOn(pointOf(event));
  const onPointerUp = () => {
    painting.current = false;
  };
  const onKeyDown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const here = cursor ?? [0.5, 0.5];
    if (event.key in moves) {
      const [right, down] = moves[event.key];
      const there = [inside(here[0] + right * STEP), inside(here[1] + down * STEP)];
      setCursor(there);
      if (event.shiftKey && strokes.length) goOn(there);
    } else if (event.key === " ") {
      setCursor(here);
      begin(here);
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      setStrokes((all) => all.slice(0, -1));
    } else return;
    event.preventDefault();
  };

  return html`
    <div class="brush">
      <div class="brush-picture">
        <img
          src=${url}
          alt=${alt}
          draggable=${false}
          onLoad=${({ target }) => onSize({ width: target.naturalWidth, height: target.naturalHeight })}
        />
        <canvas
          ref=${canvas}
          tabindex="0"
          role="application"
          aria-label=${t("brushArea")}
          aria-describedby="brush-hint"
          onPointerDown=${onPointerDown}
          onPointerMove=${onPointerMove}
          onPointerUp=${onPointerUp}
          onPointerCancel=${onPointerUp}
          onKeyDown=${onKeyDown}
        ></canvas>
      </div>
      <p id="brush-hint" class="hint">${t("brushHint")}</p>
      <div class="brush-tools">
        <label class="field grow">
          <span class="label">${t("brushSize")}</span>
          <input
            type="range"
            min=${SIZES.min}
            max=${SIZES.max}
            value=${size}
            onInput=${(event) => setSize(Number(event.target.value))}
          />
        </label>
        <button
          type="button"
          class="button"
          disabled=${!strokes.length}
          onClick=${() => setStrokes((all) => all.slice(0, -1))}
        >
          <${Icon} name="undo" /> ${t("undo")}
        </button>
        <button type="button" class="button" disabled=${!strokes.length} onClick=${() => setStrokes(() => [])}>
          ${t("clear")}
        </button>
      </div>
    </div>
  `;
}

function pointOf(event) {
  const box = event.currentTarget.getBoundingClientRect();
  return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
}

const inside = (part) => Math.min(1, Math.max(0, part));

/** What is seen: the strokes, half transparent as a whole, and the keyboard's brush. */
function show(canvas, strokes, cursor, size) {
  const area = { width: canvas.clientWidth, height: canvas.clientHeight };
  const context = prepared(canvas, area);
  const colour = getComputedStyle(canvas).color;
  paint(context, area, strokes, colour);
  if (!cursor) return;
  context.beginPath();
  context.arc(cursor[0] * area.width, cursor[1] * area.height, widthOf(area, size) / 2, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.stroke();
}

/** @param {Size} picture @param {Stroke[]} strokes @returns {string} a PNG as a data URL */
export function maskOf(picture, strokes) {
  const canvas = document.createElement("canvas");
  const context = prepared(canvas, picture);
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  paint(context, picture, strokes, "#fff");
  return canvas.toDataURL("image/png");
}

function prepared(canvas, { width, height }) {
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d");
}

function paint(context, area, strokes, colour) {
  context.strokeStyle = colour;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const { size, points } of strokes) {
    context.lineWidth = widthOf(area, size);
    context.beginPath();
    for (const [x, y] of [points[0], ...points]) context.lineTo(x * area.width, y * area.height);
    context.stroke();
  }
}

const widthOf = ({ width, height }, size) => (Math.min(width, height) * size) / 100;
