export { LiveFeed, type LiveFrame, type LiveState, type SchedulerFigures } from "./feed.ts";
export { addLiveRoutes } from "./routes.ts";
