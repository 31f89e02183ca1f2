/** The formulas of a fused kernel's steps, each of one to three operands. Each backend renders them to its own code. */
export type FormulaName =
  | 'neg'
  | 'abs'
  | 'sqrt'
  | 'exp'
  | 'log'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'gelu'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'minimum'
  | 'maximum'
  /** 1 where a > b, else 0. */
  | 'greater'
  /** 1 where a = b, else 0. */
  | 'equal'
  /** The second operand where the first is nonzero, else the third. */
  | 'select'
  /** Truncates f32 to i32. */
  | 'truncate'
  /** Converts i32 to f32. */
  | 'float';
