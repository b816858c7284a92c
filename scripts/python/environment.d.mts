export declare const ROUND_TRIP: string;
export declare const CLOUD_EVENTS: string;
export declare const PYTHON: string;
export declare function installEnvironment(): void;
