/**
 * A picture or a clip of a task.
 *
 * Contract: a preview gives way to the next only when that is loaded, so nothing flickers while a drawing grows. A link that
 * no longer works is renewed once. The address is one that tasks.js found safe. Where it is shown small, the browser
 * chooses among smaller versions of our copy.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { narrowed } from "./tasks.js";
import { refresh } from "./work.js";

const renewed = new Set(); // ids of tasks whose link was asked for anew

const WIDTHS = [160, 320, 640, 1024];
const SIZES = { small: "(min-width: 48rem) 20rem, 50vw", thumb: "4.5rem" };

/**
 * @param {{task: object, media: {url: string, isClip: boolean}, alt: string, isLazy?: boolean, isSmall?: boolean,
 *          isThumb?: boolean, hasControls?: boolean, onRatio?: (ratio: number) => void}} props
 */
export function Media({ task, media, alt, isLazy, isSmall, isThumb, hasControls = false, onRatio }) {
  const onGone = () => {
    if (renewed.has(task.id)) return;
    renewed.add(task.id);
    refresh(task.id);
  };
  if (media.isClip) return html`<${Clip} url=${media.url} alt=${alt} hasControls=${hasControls} onGone=${onGone} />`;
  const sizes = isThumb ? SIZES.thumb : isSmall ? SIZES.small : "";
  const [url, srcset] = sizes ? versionsOf(media.url) : [media.url, ""];
  return html`<${Still}
    url=${url}
    srcset=${srcset}
    sizes=${sizes}
    alt=${alt}
    isLazy=${isLazy}
    onGone=${onGone}
    onRatio=${onRatio}
  />`;
}

/** A smaller version, and all there are; the picture itself where it is no copy of ours. @returns {[string, string]} */
function versionsOf(url) {
  const versions = WIDTHS.map((width) => [width, narrowed(url, width)]);
  if (!versions[0][1]) return [url, ""];
  return [versions[2][1], versions.map(([width, each]) => `${each} ${width}w`).join(", ")];
}

function Still({ url, srcset, sizes, alt, isLazy, onGone, onRatio }) {
  const [shown, setShown] = useState(url);
  useEffect(() => {
    if (url === shown) return undefined;
    const next = new Image();
    next.onload = () => setShown(url);
    next.onerror = onGone;
    if (srcset) Object.assign(next, { sizes, srcset });
    next.src = url;
    return () => {
      next.onload = null;
    };
  }, [url, shown]);
  const onLoad = (event) => {
    const { naturalWidth: width, naturalHeight: height } = event.target;
    if (width && height) onRatio?.(width / height);
  };
  return html`<img
    sizes=${shown === url && srcset ? sizes : undefined}
    srcset=${shown === url && srcset ? srcset : undefined}
    src=${shown}
    alt=${alt}
    loading=${isLazy ? "lazy" : "eager"}
    decoding="async"
    draggable=${false}
    onLoad=${onLoad}
    onError=${onGone}
  />`;
}

/** Clips have no sound. Where motion is unwelcome they wait to be started. */
function Clip({ url, alt, hasControls, onGone }) {
  const element = useRef(null);
  useEffect(() => {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!isCalm) element.current?.play().catch(() => {}); // the browser may want a click first
  }, [url]);
  return html`<video
    ref=${element}
    src=${url}
    aria-label=${alt}
    controls=${hasControls}
    loop
    muted
    playsinline
    preload="metadata"
    onError=${onGone}
  ></video>`;
}
