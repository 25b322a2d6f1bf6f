// What a script adds to a discussion: replying in place, a remembered name, and a button when there are new comments.
// Without scripts, replies are written on a page of their own.
"use strict";

{
  const POLL_INTERVAL = 30_000; // milliseconds
  const IDLE_AFTER = 30 * 60_000;
  const NAME_KEY = "comment-name";
  const NEWS_KEY = "comment-news";

  // Returns null in browsers that block storage: they throw an error when it is accessed.
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
      home.hidden = true; // otherwise its heading would stand above nothing
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
      const link = event.target.closest(".comment-actions a[href*='parent=']");
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
    const stored = store.getItem(NAME_KEY);
    row.hidden = false;
    box.checked = stored !== null;
    if (!name.value && stored) name.value = stored;
    const save = () => (box.checked ? store.setItem(NAME_KEY, name.value) : store.removeItem(NAME_KEY));
    box.addEventListener("change", save);
    form.addEventListener("submit", save);
  };

  // How long the form was open: programs that post spam seldom wait.
  const measureTime = (form) => {
    const start = Date.now();
    form.addEventListener("submit", () => (form.elements.seconds.value = ((Date.now() - start) / 1000).toFixed(1)));
  };

  // Ids grow with time and have the same length, so they can be compared as text.
  const articles = () => [...document.querySelectorAll(".thread article[id^='c-']")];
  const newestHere = () => articles().reduce((newest, article) => (article.id > newest ? article.id : newest), "");

  const watchForNews = (status) => {
    const store = storage("sessionStorage");
    let lastActivity = Date.now();
    for (const type of ["pointerdown", "keydown", "scroll", "visibilitychange"]) {
      document.addEventListener(type, () => (lastActivity = Date.now()), { passive: true });
    }

    const show = (count, newest) => {
      const label = `${status.dataset.label} ${count}`;
      if (status.textContent === label) return; // a new button would be announced again, and lose the focus
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        store?.setItem(NEWS_KEY, JSON.stringify({ page: location.pathname, seen: newestHere(), newest }));
        location.reload();
      });
      status.replaceChildren(button);
    };

    const poll = async () => {
      if (document.hidden || Date.now() - lastActivity > IDLE_AFTER) return;
      const response = await fetch(status.dataset.url, { credentials: "omit" }).catch(() => null);
      if (!response?.ok) return;
      const { count, newest } = await response.json();
      const more = count - Number(status.dataset.count);
      if (more > 0) show(more, newest);
      else status.replaceChildren();
    };
    setInterval(poll, POLL_INTERVAL);
  };

  // After the reload, go to the first new comment on this page, or else to the page of the newest one.
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
    watchForNews(news);
  }
}
