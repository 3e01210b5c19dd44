/** The Control API as JSON over Connect. */

const SERVICE = "/dispatch.control.v1.ControlService/";
const KEY = "dispatch-api-key";

export const apiKey = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  /** Kept for this tab only. */
  set: (key) => (key === "" ? sessionStorage.removeItem(KEY) : sessionStorage.setItem(KEY, key)),
};

/** Throws an Error whose message a person can act on. */
export async function control(method, request) {
  const key = apiKey.get();
  const response = await fetch(SERVICE + method, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "connect-protocol-version": "1",
      ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(request),
  });
  if (response.ok) return response.json();
  const { message } = await response.json().catch(() => ({ message: response.statusText }));
  if (response.status === 401 || response.status === 403)
    throw new Error(`${message}: enter the API key above`);
  if (response.status === 404 && message === "path not found")
    throw new Error("this service has no scheduler");
  throw new Error(message);
}
