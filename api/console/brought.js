/**
 * Pictures that the user brings: dropped, pasted or chosen.
 *
 * Law: a file is judged here only as far as saves a useless upload; the service judges by the content. A picture is
 * read once, when it comes.
 */

import { html, useEffect, useRef } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { t } from "./texts.js";

export const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
export const MOST = 5;
const LARGEST = 20 * 2 ** 20; // bytes

let count = 0;

/** @typedef {{key: number, name: string, data: string, preview: string}} Brought `data`: a data URL */

/**
 * @param {Iterable<File>} files
 * @param {number} room how many more may come
 * @returns {Promise<{pictures: Brought[], refusal: string}>}
 */
export async function read(files, room) {
  const given = [...files];
  const good = given.filter((file) => TYPES.includes(file.type) && file.size <= LARGEST);
  const taken = good.slice(0, room);
  const pictures = await Promise.all(taken.map(readOne));
  if (good.length < given.length) return { pictures, refusal: t("badPicture") };
  return { pictures, refusal: taken.length < good.length ? t("tooManyPictures", { n: room }) : "" };
}

async function readOne(file) {
  const data = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  count += 1;
  return { key: count, name: file.name, data, preview: URL.createObjectURL(file) };
}

/**
 * @param {{pictures: Brought[], most: number, onFiles: (files: Iterable<File>) => void,
 *          onRemove: (picture: Brought) => void}} props
 */
export function Pictures({ pictures, most, onFiles, onRemove }) {
  const input = useRef(null);
  const onChange = (event) => {
    onFiles([...event.target.files]);
    event.target.value = "";
  };
  return html`
    <div class="brought">
      ${pictures.map(
        (picture) => html`
          <span class="brought-one" key=${picture.key}>
            <img src=${picture.preview} alt=${picture.name} />
            <button
              type="button"
              class="icon-button brought-remove"
              aria-label=${t("removePicture", { name: picture.name })}
              onClick=${() => onRemove(picture)}
            >
              <${Icon} name="close" size=${14} />
            </button>
          </span>
        `,
      )}
      ${pictures.length < most &&
      html`<button type="button" class="brought-add" onClick=${() => input.current.click()}>
        <${Icon} name="picture" />
        <span>${pictures.length ? t("addPicture") : t("dropPictures")}</span>
      </button>`}
      <input
        ref=${input}
        class="away"
        type="file"
        accept=${TYPES.join(",")}
        multiple=${most > 1}
        tabindex="-1"
        aria-label=${t("addPicture")}
        onChange=${onChange}
      />
    </div>
  `;
}

/** Files may be dropped anywhere on the page, and pasted. @param {(files: Iterable<File>) => void} onFiles */
export function usePasteAndDrop(onFiles) {
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const mark = (isOver) => document.documentElement.classList.toggle("dropping", isOver);
    const onOver = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(true);
    };
    const onLeave = (event) => event.relatedTarget || mark(false);
    const onDrop = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(false);
      latest.current(event.dataTransfer.files);
    };
    const onPaste = (event) => event.clipboardData?.files.length && latest.current(event.clipboardData.files);
    const listeners = { dragover: onOver, dragleave: onLeave, drop: onDrop, paste: onPaste };
    for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener);
    return () => {
      mark(false);
      for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener);
    };
  }, []);
}
