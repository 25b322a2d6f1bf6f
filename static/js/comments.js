// What a script adds to a discussion: replying in place, a remembered name, a word about new comments. All of it works
// without, on pages of its own.
"use strict";

{
  const POLL_EVERY = 30_000; // milliseconds
  const IDLE_AFTER = 30 * 60_000;
  const NAME_KEY = "comment-name";
  const NEWS_KEY = "comment-news";

  // Browsers that keep nothing for a site throw an error where others have a store.
  const storage = (kind) => {
    try {
      return window[kind];
    } catch {
      return null;
    }
  };

  const replyInPlace = (form) => {
    const home = form.parentElement;
    const send = form.querySelector("[value=send]");
    const cancel = form.querySelector("[data-cancel]");
    const ownLabel = send.textContent;
    const parent = document.createElement("input");
    parent.type = "hidden";
    parent.name = "parent";
    let opener = null;

    const open = (link) => {
      opener = link;
      parent.value = new URL(link.href).searchParams.get("parent");
      link.closest("article").append(form);
      form.prepend(parent);
      form.setAttribute("aria-label", link.textContent.replace(/\s+/g, " ").trim());
      send.textContent = form.dataset.reply;
      cancel.hidden = false;
      home.hidden = true; // else its heading would stand over nothing
      form.elements.text.focus();
    };

    const close = () => {
      home.append(form);
      parent.remove();
      form.removeAttribute("aria-label");
      send.textContent = ownLabel;
      cancel.hidden = true;
      home.hidden = false;
      opener.focus();
    };

    document.addEventListener("click", (event) => {
      const link = event.target.closest(".comment-acts a[href*='parent=']");
      const wantsNewTab = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      if (!link || wantsNewTab) return;
      event.preventDefault();
      open(link);
    });
    cancel.addEventListener("click", close);
  };

  const rememberName = (form) => {
    const store = storage("localStorage");
    if (!store) return;
    const row = form.querySelector(".comment-remember");
    const box = row.querySelector("input");
    const name = form.elements.name;
    const known = store.getItem(NAME_KEY);
    row.hidden = false;
    box.checked = known !== null;
    if (!name.value && known) name.value = known;
    const keep = () => (box.checked ? store.setItem(NAME_KEY, name.value) : store.removeItem(NAME_KEY));
    box.addEventListener("change", keep);
    form.addEventListener("submit", keep);
  };

  // How long it took to write, which programs that send many comments seldom wait for.
  const measureTime = (form) => {
    const start = Date.now();
    form.addEventListener("submit", () => (form.elements.seconds.value = ((Date.now() - start) / 1000).toFixed(1)));
  };

  // Ids grow with time and are equally long, so that they can be compared as text.
  const articles = () => [...document.querySelectorAll(".thread article[id^='c-']")];
  const newestHere = () => articles().reduce((newest, article) => (article.id > newest ? article.id : newest), "");

  const tellOfNews = (place) => {
    const store = storage("sessionStorage");
    let lastSign = Date.now();
    for (const sign of ["pointerdown", "keydown", "scroll", "visibilitychange"]) {
      document.addEventListener(sign, () => (lastSign = Date.now()), { passive: true });
    }

    const show = (count, newest) => {
      const label = `${place.dataset.label} ${count}`;
      if (place.textContent === label) return; // a new button would be read out again, and lose the focus
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        store?.setItem(NEWS_KEY, JSON.stringify({ page: location.pathname, seen: newestHere(), newest }));
        location.reload();
      });
      place.replaceChildren(button);
    };

    const ask = async () => {
      if (document.hidden || Date.now() - lastSign > IDLE_AFTER) return;
      const answer = await fetch(place.dataset.address, { credentials: "omit" }).catch(() => null);
      if (!answer?.ok) return;
      const { count, newest } = await answer.json();
      const more = count - Number(place.dataset.count);
      if (more > 0) show(more, newest);
      else place.replaceChildren();
    };
    setInterval(ask, POLL_EVERY);
  };

  // After the reload: to the first new comment on this page, or to where the newest stands.
  const goToNews = () => {
    const store = storage("sessionStorage");
    const { page, seen, newest } = JSON.parse(store?.getItem(NEWS_KEY) ?? "{}");
    store?.removeItem(NEWS_KEY);
    if (page !== location.pathname) return;
    const first = articles().find((article) => article.id > seen);
    if (first) location.hash = first.id;
    else if (newest) location.assign(newest);
  };

  const form = document.querySelector(".comment-form");
  const news = document.querySelector(".comment-news");
  if (form) rememberName(form);
  if (form?.elements.seconds) measureTime(form);
  if (form && document.getElementById("comment-form")) replyInPlace(form);
  if (news) {
    goToNews();
    tellOfNews(news);
  }
}
