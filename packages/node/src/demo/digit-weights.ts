// Reads a weights file of the ledger as the digit reader of training/; the way back is devnet/digit-network.ts'.

import { type Rejection, type Result, err, ok, readWeights, rejection } from "@selvedge/integrity";
import { type DigitModel, tensorShapes } from "../training/model.ts";

/** The model in a weights file; how many hidden units it has is read off its shapes. */
export function digitModelOf(file: Uint8Array): Result<DigitModel, Rejection> {
  const weights = readWeights(file);
  if (!weights.ok) return weights;
  const tensors = Object.fromEntries(weights.value.map(({ name, values }) => [name, values]));
  const bias = tensors["fc1.bias"];
  if (bias === undefined) return err(rejection("NOT_A_DIGIT_READER", "there is no tensor fc1.bias"));
  const hidden = tensors["fc2.weight"] === undefined ? 0 : bias.length;
  const fits = tensorShapes(hidden).every(({ name, shape }) => {
    const values = tensors[name];
    return values?.length === shape.reduce((product, side) => product * side, 1);
  });
  return fits ? ok({ hidden, tensors }) : err(rejection("NOT_A_DIGIT_READER", "its tensors are not those of 784-h-10"));
}
