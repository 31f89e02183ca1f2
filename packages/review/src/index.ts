// Named re-exports only.
export { openReview, type Review, type ReviewOptions } from './review.ts';
export { serveReview, type ReviewServer, type ServeOptions } from './review-server.ts';
