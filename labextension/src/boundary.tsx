/**
 * Keeps a fault within one part of the panel. React takes away the whole body that a fault happened in, also when a chunk of code
 * does not load, and would leave a blank; here it says what is wrong and offers to try again.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Component, type ReactNode } from "react";

interface Props {
  readonly trans: TranslationBundle;
  readonly children?: ReactNode;
  /** Before it is tried again. */
  readonly onRetry?: () => void;
}

interface State {
  readonly fault?: string;
}

export class Boundary extends Component<Props, State> {
  static getDerivedStateFromError(error: unknown): State {
    return { fault: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { trans, children } = this.props;
    const { fault } = this.state;
    if (fault === undefined) return children;
    return (
      <div className="jp-Sojourn-body">
        <p className="jp-Sojourn-notice jp-mod-error" role="alert">
          {trans.__("Cannot show this part of the panel: %1", fault)}
        </p>
        <button type="button" className="jp-Button jp-Sojourn-button" onClick={this.retry}>
          {trans.__("Try again")}
        </button>
      </div>
    );
  }

  override state: State = {};

  private readonly retry = (): void => {
    this.props.onRetry?.();
    this.setState({ fault: undefined });
  };
}
