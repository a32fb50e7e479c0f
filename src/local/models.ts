// What the command line may know of models: the table of prices and limits, as it is.
export { MODELS, type Model, PRICES_OF } from '../agents/models.js'
