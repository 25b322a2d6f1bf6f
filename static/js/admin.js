"use strict";

// The script of the Markdown editor makes the Tab key indent the text, which traps keyboard users. Hide the key from it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Tab" && event.target.matches(".markdownx-editor")) event.stopPropagation();
}, true);

// Add a button for pictures below each editor. A chosen file is handled like a file that is dropped on the editor.
document.addEventListener("DOMContentLoaded", () => {
  const tools = document.getElementById("picture-tools");
  for (const editor of tools ? document.querySelectorAll(".markdownx-editor") : []) {
    editor.after(tools.content.cloneNode(true));
    const button = editor.nextElementSibling;
    const chooser = button.nextElementSibling;
    button.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      const dataTransfer = new DataTransfer();
      for (const file of chooser.files) dataTransfer.items.add(file);
      chooser.value = "";
      editor.dispatchEvent(new DragEvent("drop", { dataTransfer }));
    });
  }
});

// Update the preview of a post and the sentence below the words while the host types.
// Without this script, the button still loads the preview.
document.addEventListener("DOMContentLoaded", () => {
  const frame = document.getElementById("preview-frame");
  const button = document.getElementById("preview-button");
  const status = document.getElementById("preview-status");
  const readersSee = document.getElementById("readers-see");
  if (!frame || !button) return;

  const DELAY = 600; // milliseconds after the last key
  const beside = window.matchMedia("(min-width: 90rem)"); // as in admin.css
  let timer = 0;
  let latest = 0;

  const shownMain = () => frame.contentDocument && frame.contentDocument.querySelector("main");

  // Show what the preview has below the words, as plain text because links would lead away from the form.
  function showSentence(page) {
    if (!readersSee) return;
    const lines = [...page.querySelectorAll(".passage > figcaption > p, .voice-guest > .tombstone")];
    const shown = lines.map((line) => Object.assign(document.createElement("p"), { textContent: line.textContent.trim() }));
    if (!shown.length) shown.push(Object.assign(document.createElement("p"), { textContent: "–" }));
    if (shown.map((line) => line.textContent).join("") !== readersSee.textContent) readersSee.replaceChildren(...shown);
  }

  // The preview shows stored files only, so chosen files, which may be large videos, are not uploaded for it.
  let isPreview = false;
  button.form.addEventListener("submit", (event) => { isPreview = event.submitter === button; });
  button.form.addEventListener("formdata", (event) => isPreview && dropFiles(event.formData));

  function dropFiles(data) {
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return data;
  }

  async function refresh() {
    const number = ++latest;
    try {
      const response = await fetch(button.formAction, { method: "POST", body: dropFiles(new FormData(button.form)) });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (number !== latest) return; // a later request is under way
      showSentence(page);
      shownMain()?.replaceWith(page.querySelector("main")); // only <main>, so that the frame keeps its scroll position
      status.textContent = "";
    } catch {
      status.textContent = status.dataset.failed;
    }
  }

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (beside.matches && !shownMain() ? load() : refresh()), DELAY);
  }

  const load = () => button.form.requestSubmit(button);

  button.form.addEventListener("input", soon);
  button.form.addEventListener("change", soon);
  button.form.addEventListener("markdownx.fileUploadEnd", soon, true); // it does not bubble
  frame.addEventListener("load", () => shownMain() && showSentence(frame.contentDocument));
  if (beside.matches) load();
  else refresh();
});

// Refuse a file that is too large when it is chosen, not after it has been uploaded.
document.addEventListener("change", (event) => {
  const limit = Number(event.target.dataset.maxBytes);
  if (!limit) return;
  const isTooLarge = [...event.target.files].some((file) => file.size > limit);
  event.target.setCustomValidity(isTooLarge ? event.target.dataset.tooLarge : "");
  event.target.reportValidity();
});

// Ask whether AI made a video before its file is uploaded: the server would refuse the form without an answer.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.formTarget || form.elements.status?.value !== "published") return;
  for (const select of form.querySelectorAll("select[data-required]")) {
    const file = form.elements[select.name.replace("ai_origin", "file")];
    if (select.value || !file?.files?.length) continue;
    event.preventDefault();
    select.setCustomValidity(select.dataset.required);
    select.reportValidity();
    form.addEventListener("change", () => select.setCustomValidity(""), { once: true });
    return;
  }
});

// Django's autocomplete fields do not take a name from their labels. Without one, screen readers announce nothing.
function nameChoosers() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = select.labels[0]?.textContent.trim() || select.title;
    const parts = select.nextElementSibling.querySelectorAll(".select2-selection__rendered[role=textbox], .select2-search__field");
    for (const part of parts) part.setAttribute("aria-label", name);
  }
}
document.addEventListener("DOMContentLoaded", () => django.jQuery(nameChoosers)); // after Django has created them
document.addEventListener("formset:added", () => window.setTimeout(nameChoosers));
