import type { ModelConfig } from '../../config/config.ts'
import type { Labels } from '../../meter/labels.ts'
import { OTHER_MODELS } from '../create-target.ts'
import { stepNames } from '../degrade/step-names.ts'
import type { Snapshot } from './snapshot.ts'

/** Whether any of the snapshots has what the labels of a time series name. Labels that name nothing of a config are always in use. */
export function isInUse(labels: Labels, snapshots: readonly Snapshot[]): boolean {
  const provider = labels.provider ?? labels.gen_ai_provider_name
  const model = labels.model ?? labels.gen_ai_request_model
  if (provider !== undefined) {
    return snapshots.some(snapshot => hasTarget(snapshot, String(provider), model, labels.key))
  }
  return model === undefined || snapshots.some(snapshot => hasModel(snapshot, String(model), labels.step))
}

/** A provider, or one of its models, or either with one of its keys. */
function hasTarget(
  { vendors, planner }: Snapshot,
  provider: string,
  model: Labels[string] | undefined,
  key: Labels[string] | undefined,
): boolean {
  const vendor = vendors.get(provider)
  if (vendor === undefined) return false
  if (key !== undefined && vendor.keys[Number(key)] === undefined) return false
  return model === undefined || model === OTHER_MODELS || planner.configured.has(`${provider}/${model}`)
}

/** A name under `models`, or one of its degradation steps. */
function hasModel({ config, routes }: Snapshot, model: string, step: Labels[string] | undefined): boolean {
  const route = routes.get(model)
  if (route === undefined) return false
  return step === undefined || stepNames(config.models[model] as ModelConfig, route.standby).includes(String(step))
}
