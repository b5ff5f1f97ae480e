import { driverVariables } from '@fanlight/drivers'

export const variables = driverVariables
