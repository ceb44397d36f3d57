// Counts its visits in IndexedDB: shows what a profile keeps.
const database = await new Promise<IDBDatabase>((done, failed) => {
  const opening = indexedDB.open("visits", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("visits", { autoIncrement: true });
  opening.onsuccess = () => done(opening.result);
  opening.onerror = () => failed(opening.error);
});
const count = await new Promise<number>((done, failed) => {
  const transaction = database.transaction("visits", "readwrite", { durability: "strict" });
  const store = transaction.objectStore("visits");
  store.add(Date.now());
  const counting = store.count();
  transaction.oncomplete = () => done(counting.result);
  transaction.onerror = () => failed(transaction.error);
});
Object.assign(globalThis, { visits: count });
document.body.textContent = `visit ${count}`;
