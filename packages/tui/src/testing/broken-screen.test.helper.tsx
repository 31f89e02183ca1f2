// A screen that throws once it is shown, while rendering or between renders: tests run it in a terminal.
import { Text } from 'ink';
import { useEffect, useState } from 'react';
import { openTerminal } from '../open-terminal.tsx';

const [, , where] = process.argv;

function Broken() {
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => {
    setTimeout(() => {
      if (where === 'timer') throw new Error('the timer broke');
      setIsBroken(true);
    }, 300);
  }, []);
  if (isBroken) throw new Error('the pane broke');
  return <Text>still whole</Text>;
}

await openTerminal(<Broken />, { isSpoken: false });
