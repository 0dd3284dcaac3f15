import app from "./app.json";
import deliveries from "./deliveries.json";
import imports from "./imports.json";
import problems from "./problems.json";
import users from "./users.json";

export default { app, deliveries, imports, problems, users };
