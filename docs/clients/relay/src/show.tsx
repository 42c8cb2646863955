import { Component, Suspense, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { RelayEnvironmentProvider } from "react-relay";
import { CustomerPage } from "./CustomerPage";
import { environment } from "./environment";

/** What the hub refuses is said in the place of the page. */
class Refusals extends Component<{ children: ReactNode }, { fault?: Error }> {
  override state: { fault?: Error } = {};

  static getDerivedStateFromError(fault: Error) {
    return { fault };
  }

  override render() {
    return this.state.fault ? <p role="alert">{this.state.fault.message}</p> : this.props.children;
  }
}

/** Show a customer within an element. */
export function show(element: Element, url: string, token: string, id: string): void {
  createRoot(element).render(
    <RelayEnvironmentProvider environment={environment(url, token)}>
      <Refusals>
        <Suspense fallback={<p>One moment.</p>}>
          <CustomerPage id={id} />
        </Suspense>
      </Refusals>
    </RelayEnvironmentProvider>,
  );
}
