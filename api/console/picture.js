/**
 * A picture or a clip of a task.
 *
 * Law: a preview gives way to the next only when that is loaded, so nothing flickers while a drawing grows. A link that
 * no longer works is renewed once. The address is one that tasks.js found safe.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { refresh } from "./work.js";

const renewed = new Set(); // ids of tasks whose link was asked for anew

/**
 * @param {{task: object, media: {url: string, isClip: boolean}, alt: string, isLazy?: boolean,
 *          hasControls?: boolean, onRatio?: (ratio: number) => void}} props
 */
export function Media({ task, media, alt, isLazy = false, hasControls = false, onRatio }) {
  const onGone = () => {
    if (renewed.has(task.id)) return;
    renewed.add(task.id);
    refresh(task.id);
  };
  if (media.isClip) return html`<${Clip} url=${media.url} alt=${alt} hasControls=${hasControls} onGone=${onGone} />`;
  return html`<${Still} url=${media.url} alt=${alt} isLazy=${isLazy} onGone=${onGone} onRatio=${onRatio} />`;
}

function Still({ url, alt, isLazy, onGone, onRatio }) {
  const [shown, setShown] = useState(url);
  useEffect(() => {
    if (url === shown) return undefined;
    const next = new Image();
    next.onload = () => setShown(url);
    next.onerror = onGone;
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
