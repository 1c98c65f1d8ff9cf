// Says in words when a passkey did not work, and hides what this browser cannot do.
(() => {
  "use strict";
  const buttons = ["passkey_login", "mfa_webauthn_authenticate", "mfa_webauthn_add", "mfa_webauthn_reauthenticate"];
  const button = buttons.map((id) => document.getElementById(id)).find(Boolean);
  if (!button) return;
  const say = (text) => {
    let note = document.getElementById("passkey-note");
    if (!note) {
      note = document.createElement("p");
      note.id = "passkey-note";
      note.className = "zg-error";
      note.setAttribute("role", "alert");
      button.after(note);
    }
    note.textContent = text;
  };
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    say("这个浏览器不支持通行密钥，请换一种方式。");
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const name = event.detail.exception && event.detail.exception.name;
    say(name === "NotAllowedError" ? "没有完成验证：已取消或超时，请再试一次。" : "没有成功，请再试一次，或换一种方式。");
  });
})();
