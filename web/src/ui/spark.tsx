/** A row of small bars, 24 hours as a rule; `label` says in words what it shows. */
export function Spark({ values, label, className }: { values: number[]; label: string; className?: string }) {
  const most = Math.max(1, ...values)
  const width = 4
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${values.length * width} 20`}
      preserveAspectRatio="none"
      className={className ?? 'h-5 w-24 text-accent-text'}
    >
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * 20)
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: hours stay where they are
            key={index}
            x={index * width}
            y={20 - height}
            width={width - 1}
            height={height}
            fill="currentColor"
            opacity={value === 0 ? 0.35 : 1}
          />
        )
      })}
    </svg>
  )
}
