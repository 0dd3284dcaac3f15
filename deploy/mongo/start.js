// Makes the replica set and the three users of ours, once; again it changes nothing. The audit log's lines can be added to
// and read, by nobody changed or removed.
const users = JSON.parse(require("fs").readFileSync("/run/secrets/users.json", "utf8"));
const admin = db.getSiblingDB("admin");
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
}
while (!admin.hello().isWritablePrimary) sleep(200);

const of = (collection, actions) => ({ resource: { db: "entrega", collection }, actions });
const rights = {
  entrega_relay: [of("audit", ["find", "insert", "createIndex"])],
  entrega: [of("audit", ["find"]), of("carrier_exchanges", ["find", "insert", "createIndex"])],
  entrega_backup: [],
};
const further = { entrega_backup: [{ role: "backup", db: "admin" }] }; // reads everything, the oplog included
for (const [name, privileges] of Object.entries(rights)) {
  if (admin.getRole(name)) admin.updateRole(name, { privileges, roles: further[name] ?? [] });
  else admin.createRole({ role: name, privileges, roles: further[name] ?? [] });
  if (admin.getUser(name)) admin.updateUser(name, { pwd: users[name], roles: [name] });
  else admin.createUser({ user: name, pwd: users[name], roles: [name] });
}
