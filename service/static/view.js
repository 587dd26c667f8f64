export class View { open(){} take(){} show(){} tick(){} }
