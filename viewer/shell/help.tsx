/** The dialog behind `?`. */
import { useEffect, useRef } from 'preact/hooks';
import { currentKeys } from './keyboard.ts';

const KEY_NAMES: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
};

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <div class="help-head">
        <h2 id="help-title">Keys</h2>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      <div class="help-groups">
        {currentKeys().map(({ title, bindings }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {bindings.map(({ keys, help }) => (
                <div key={help}>
                  <dt>
                    {keys.map((key, index) => (
                      <span key={key}>
                        {index > 0 && <span class="or"> or </span>}
                        {key.split(/(?<=.) (?=.)/).map((one) => (
                          <kbd key={one}>{KEY_NAMES[one] ?? one}</kbd>
                        ))}
                      </span>
                    ))}
                  </dt>
                  <dd>{help}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
