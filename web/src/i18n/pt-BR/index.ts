import app from "./app.json";
import deliveries from "./deliveries.json";
import problems from "./problems.json";
import users from "./users.json";

export default { app, deliveries, problems, users };
