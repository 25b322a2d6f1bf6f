// A click on a poster puts the provider's player in its place. Without this script the link opens the video at home.
"use strict";

document.addEventListener("click", (event) => {
  const facade = event.target.closest("a[data-player]");
  const wantsNewTab = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!facade || wantsNewTab) return;
  event.preventDefault();
  const frame = document.createElement("iframe");
  frame.className = "video-frame";
  frame.title = facade.dataset.title;
  // allow-same-origin is the provider's own origin, never ours; YouTube does not play without it.
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-presentation allow-popups");
  frame.allow = "fullscreen; picture-in-picture; encrypted-media; autoplay";
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  frame.src = facade.dataset.player;
  facade.replaceWith(frame);
  frame.focus();
});
