import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { itemSearch } from './item-search.ts'
import { modelSearch } from './model-search.ts'
import { ComparisonPage, comparisonSearch } from './pages/comparison-page.tsx'
import { ItemPage } from './pages/item-page.tsx'
import { JobPage, jobSearch } from './pages/job-page.tsx'
import { JobsPage } from './pages/jobs-page.tsx'
import { MapsPage, mapsSearch } from './pages/maps-page.tsx'
import { ModelPage } from './pages/model-page.tsx'
import { NothingHere } from './pages/nothing-here.tsx'
import { Frame } from './parts/frame.tsx'

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NothingHere })

const jobsRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', component: JobsPage })

const jobRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$job',
  validateSearch: jobSearch,
  component: JobPage,
})

const itemRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$job/items/$item',
  validateSearch: itemSearch,
  component: ItemPage,
})

const mapsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$job/items/$item/maps',
  validateSearch: mapsSearch,
  component: MapsPage,
})

const comparisonRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$job/compare',
  validateSearch: comparisonSearch,
  component: ComparisonPage,
})

const modelRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models/$id',
  validateSearch: modelSearch,
  component: ModelPage,
})

export const router = createRouter({
  routeTree: rootRoute.addChildren([jobsRoute, jobRoute, itemRoute, mapsRoute, comparisonRoute, modelRoute]),
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
