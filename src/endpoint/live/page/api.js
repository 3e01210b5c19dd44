/** The Control API as JSON over Connect. */

const SERVICE = "/dispatch.control.v1.ControlService/";
const KEY = "dispatch-api-key";

export const apiKey = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  /** Kept for this tab only. */
  set: (key) => (key === "" ? sessionStorage.removeItem(KEY) : sessionStorage.setItem(KEY, key)),
};

/** Throws an Error whose message a person can act on. */
export function control(method, request) {
  return ask(SERVICE + method, {
    method: "POST",
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    body: JSON.stringify(request),
  });
}

/** Input and output of a call as text, as far as there are any. */
export function valuesOf(dispatchId) {
  return ask(`/dispatch.control.v1/Values?dispatchId=${encodeURIComponent(dispatchId)}`);
}

async function ask(path, { headers = {}, ...request } = {}) {
  const key = apiKey.get();
  const response = await fetch(path, {
    ...request,
    headers: { ...headers, ...(key === "" ? {} : { authorization: `Bearer ${key}` }) },
  });
  if (response.ok) return response.json();
  const { message } = await response.json().catch(() => ({ message: response.statusText }));
  if (response.status === 401 || response.status === 403)
    throw new Error(`${message}: enter the API key above`);
  if (response.status === 404 && message === "path not found")
    throw new Error("this service has no scheduler");
  throw new Error(message);
}
